/** Whatever is lost, doubled or reordered on the way: in the end all pages show the same log. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { sliceOf } from "../messages/mounted";
import type {
  AckFrame,
  Cursor,
  MessageFrame,
  ResumedFrame,
  ServerFrame,
  User,
} from "../wire/frames";
import { MAX_FOLLOWED } from "./log";
import {
  type Command,
  emptyTimeline,
  type Later,
  type OutboxEntry,
  type Snapshot,
  type Step,
  type Timeline,
} from "./model";
import * as rules from "./timeline";

const ROOM = "general";
const ME: User = { userId: "me", username: "Me", claimed: true, role: "member" };
const ANN = { ...ME, userId: "ann", username: "Ann" };
const BOB = { ...ME, userId: "bob", username: "Bob" };
/** A cursor that is farther back than this is not worth filling in. */
const PAGES_KEPT = 4;

class Server {
  epoch = 1;
  log: MessageFrame[] = [];
  /** How often messages were lost: what is said then has other ids than what was lost. */
  losses = 0;

  constructor(
    private readonly page: number,
    past: number,
  ) {
    for (let seq = 1; seq <= past; seq += 1) this.append(ANN, `past ${seq}`);
  }

  append(user: typeof ME, text: string, nonce?: string): MessageFrame {
    const kept = this.log.find((message) => nonce !== undefined && message.nonce === nonce);
    if (kept) return kept;
    const seq = this.log.length + 1;
    const names = { messageId: `m${this.losses}-${seq}`, room: ROOM, timestamp: `${seq}` };
    const said = { type: "message", seq, ...names, ...user, message: text } as const;
    const message = nonce === undefined ? said : { ...said, nonce };
    this.log.push(message);
    return message;
  }

  answer(command: Command): ServerFrame {
    const base = { id: command.id, room: ROOM, epoch: `e${this.epoch}` };
    switch (command.action) {
      case "sendMessage": {
        const { messageId, seq, timestamp } = this.append(ME, command.message, command.nonce);
        const ack = { id: command.id, nonce: command.nonce ?? "", messageId, seq, timestamp };
        return { type: "ack", room: ROOM, duplicate: false, ...ack } satisfies AckFrame;
      }
      case "getHistory": {
        const end = (command.before ?? this.log.length + 1) - 1;
        const messages = this.log.slice(Math.max(0, end - this.page), end).reverse();
        const oldest = messages.at(-1)?.seq ?? 1;
        const ends = { prev: oldest > 1 ? oldest : null, next: null };
        return { type: "history", ...base, messages, ...ends, order: "newest-first" };
      }
      case "resume":
        return { ...this.resumed(command), id: command.id };
      default:
        throw new Error(`${command.action} is not asked by a timeline`);
    }
  }

  resumed({ epoch, after, messageId }: Cursor): ResumedFrame {
    const isFar = this.log.length - after > PAGES_KEPT * this.page;
    const isKnown = messageId
      ? this.log[after - 1]?.messageId === messageId
      : epoch === `e${this.epoch}`;
    const reset = !isKnown || after > this.log.length || isFar;
    const from = reset ? Math.max(0, this.log.length - this.page) : after;
    const events = this.log.slice(from, from + this.page);
    const to = events.at(-1)?.seq ?? from;
    const base = { type: "resumed", room: ROOM, epoch: `e${this.epoch}` } as const;
    return { ...base, from, to, events, reset, more: to < this.log.length };
  }

  hello(cursor: ReturnType<typeof rules.cursor>): ServerFrame {
    const entry = cursor?.[ROOM];
    const rooms = [{ room: ROOM, epoch: `e${this.epoch}`, head: this.log.length }];
    const limits = {} as never;
    const rest = {
      v: 2,
      min: 1,
      place: { names: "open" } as const,
      limits,
      features: [],
      serverTime: "",
    };
    const resumed = entry ? [this.resumed(entry)] : [];
    return { type: "hello", user: ME, rooms, resumed, ...rest };
  }

  loseHalf(): void {
    this.losses += 1;
    this.log = this.log.slice(0, Math.floor(this.log.length / 2));
  }
}

/** A page, its device and its line: pushes are lost, doubled and reordered; answers keep their order. */
class Page {
  timeline = emptyTimeline(ROOM);
  answers: ServerFrame[] = [];
  pushes: ServerFrame[] = [];
  timers = new Set<Later>();
  connected = false;
  private kept: { snapshot: Snapshot | null; entries: OutboxEntry[] } | null = null;
  private snapshot: Snapshot | null = null;

  constructor(private readonly server: Server) {}

  take([next, ...effects]: Step): void {
    if (next.messages !== this.timeline.messages) check(next);
    this.timeline = next;
    for (const effect of effects) {
      if (effect.type === "later") this.timers.add(effect.what);
      else if (this.connected) this.answers.push(this.server.answer(effect.command));
    }
  }

  connect(): void {
    if (this.connected) return;
    this.connected = true;
    this.answers.push(this.server.hello(rules.cursor(this.timeline)));
  }

  disconnect(): void {
    this.connected = false;
    this.answers = [];
    this.pushes = [];
    this.timers.clear();
    this.take(rules.disconnect(this.timeline));
  }

  holdsBeyondGap(): boolean {
    const { messages, through } = this.timeline;
    return through !== null && messages.some(({ seq }) => seq > through);
  }

  hear(frame: ServerFrame | undefined): void {
    if (this.connected && frame) this.take(rules.receive(this.timeline, frame));
  }

  wakeTimer(): void {
    for (const what of this.timers) {
      this.timers.delete(what);
      this.take(rules.DUE[what](this.timeline));
    }
  }

  /** The device writes its picture of the room now and then, and each unsent message at once. */
  keep(): void {
    this.snapshot = rules.snapshotOf(this.timeline) ?? this.snapshot;
  }

  reload(): void {
    this.disconnect();
    const entries = [...(this.kept?.entries ?? []), ...this.timeline.outbox];
    this.kept = { snapshot: this.snapshot, entries };
    this.timeline = { ...emptyTimeline(ROOM), restoring: true };
  }

  restore(): void {
    if (!this.kept) return;
    const { snapshot, entries } = this.kept;
    this.kept = null;
    this.take(rules.restore(this.timeline, snapshot, entries));
  }

  /** Let everything that is under way arrive, on a good line, and read back to the beginning. */
  settle(): void {
    this.restore();
    this.disconnect();
    for (const { name, nonce } of this.timeline.outbox)
      if (name === "failed") this.take(rules.retry(this.timeline, nonce));
    this.connect();
    this.take(rules.follow(this.timeline, false));
    for (let turn = 0; turn < 1_000 && (this.answers.length || this.timers.size); turn += 1) {
      this.hear(this.answers.shift());
      if (this.answers.length === 0) this.wakeTimer();
      if (this.answers.length === 0) this.take(rules.fetchOlder(this.timeline));
    }
  }
}

/** At every moment: in order, nothing twice, no hole up to `through`, and never too much. */
function check({ messages, through, older, following }: Timeline): void {
  const first = messages[0]?.seq ?? 1;
  const isHeld = messages.every(({ seq }, index) => {
    const isWhole = through === null || seq > through || seq === first + index;
    return isWhole && (index === 0 || seq > (messages[index - 1]?.seq ?? 0));
  });
  const isTopKnown = through === null || messages.length === 0 || older === null || older === first;
  const isBounded = through === null || !following || messages.length <= MAX_FOLLOWED;
  const { start, end } = sliceOf(messages, first + 50);
  const isMounted = end - start === Math.min(MAX_FOLLOWED, messages.length);
  if (isHeld && isTopKnown && isBounded && isMounted) return;
  const seqs = messages.map(({ seq }) => seq);
  throw new Error(`through ${through}, older ${older}, following ${following}: ${seqs}`);
}

type Life = { server: Server; page: Page; wrote: string[] };

/** What can happen; `luck` (0 to 999) decides how it turns out. */
const ACTS: Record<string, (life: Life, luck: number) => void> = {
  annSays: ({ server, page }, luck) => push(page, server.append(ANN, "by Ann"), luck),
  bobSays: ({ server, page }, luck) => push(page, server.append(BOB, "by Bob"), luck),
  iWrite: ({ page, wrote }) => {
    const nonce = `n${wrote.length}`;
    wrote.push(nonce);
    page.take(rules.write(page.timeline, { nonce, text: nonce, writtenAt: 0 }));
  },
  myWordIsPushed: ({ server, page }) => {
    const last = server.log.at(-1);
    if (last?.nonce && page.connected) page.pushes.push(last);
  },
  connects: ({ page }) => page.connect(),
  pushArrives: ({ page }) => page.hear(page.pushes.shift()),
  pushOvertakes: ({ page }) => page.hear(page.pushes.pop()),
  answerArrives: ({ page }) => page.hear(page.answers.shift()),
  anotherAnswerArrives: ({ page }) => page.hear(page.answers.shift()),
  timerWakes: ({ page }) => page.wakeTimer(),
  readsBack: ({ page }) => page.take(rules.fetchOlder(page.timeline)),
  readsFarBack: ({ page }) => {
    page.take(rules.follow(page.timeline, false));
    for (let pages = 0; pages < 10; pages += 1) {
      page.take(rules.fetchOlder(page.timeline));
      while (page.answers.length > 0) page.hear(page.answers.shift());
    }
  },
  leavesTheEnd: ({ page }) => page.take(rules.follow(page.timeline, false)),
  comesToTheEnd: ({ page }) => page.take(rules.follow(page.timeline, true)),
  losesTheLine: ({ page }, luck) => luck < 300 && page.disconnect(),
  deviceKeeps: ({ page }) => page.keep(),
  reloads: ({ page }, luck) => luck < 300 && page.reload(),
  deviceRestores: ({ page }) => page.restore(),
  serverLosesHalf: ({ server, page }, luck) => {
    if (luck > 100) return;
    page.disconnect();
    server.epoch += 1;
    server.loseHalf();
  },
  serverLosesHalfInSecret: ({ server, page }, luck) => {
    // With a message beyond a gap, only another epoch tells that it is gone.
    if (luck > 100 || page.holdsBeyondGap()) return;
    page.disconnect();
    server.loseHalf();
  },
  serverIsRenamed: ({ server, page }, luck) => {
    if (luck > 100) return;
    page.disconnect();
    server.epoch += 1;
  },
};

function push(page: Page, message: MessageFrame, luck: number): void {
  const copies = luck < 300 ? 0 : luck < 450 ? 2 : 1;
  if (page.connected) for (let copy = 0; copy < copies; copy += 1) page.pushes.push(message);
}

const LONGEST_MS = 60_000;

const lives = fc.array(fc.tuple(fc.constantFrom(...Object.keys(ACTS)), fc.nat(999)), {
  maxLength: 150,
  size: "max",
});

function liveThrough(acts: [string, number][], pageSize: number, past: number): Life {
  const server = new Server(pageSize, past);
  const life = { server, page: new Page(server), wrote: [] };
  for (const [act, luck] of acts) ACTS[act]?.(life, luck);
  life.page.settle();
  return life;
}

function expectSameAsFresh({ server, page }: Life): void {
  const fresh = new Page(server);
  fresh.settle();
  const ids = ({ timeline }: Page) => timeline.messages.map(({ messageId }) => messageId);
  expect(ids(page)).toEqual(ids(fresh));
  expect(ids(page)).toEqual(server.log.map(({ messageId }) => messageId));
}

// A failure prints its seed and the shortest life that shows it.
it(
  "ends in the same timeline as a fresh load",
  () => {
    fc.assert(
      fc.property(lives, (acts) => expectSameAsFresh(liveThrough(acts, 7, 0))),
      { numRuns: 1_000 },
    );
  },
  LONGEST_MS,
);

it(
  "does so too when there are more messages than the page holds",
  () => {
    fc.assert(
      fc.property(lives, fc.nat(700), (acts, past) => {
        expectSameAsFresh(liveThrough(acts, 50, past));
      }),
      { numRuns: 150 },
    );
  },
  LONGEST_MS,
);

it(
  "delivers every message that I wrote once and in order, unless the server lost its log",
  () => {
    fc.assert(
      fc.property(lives, (acts) => {
        const { server, page, wrote } = liveThrough(acts, 7, 0);
        const kept = server.log.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce]));
        expect(page.timeline.outbox).toEqual([]);
        if (server.losses === 0) expect(kept).toEqual(wrote);
      }),
      { numRuns: 1_000 },
    );
  },
  LONGEST_MS,
);
