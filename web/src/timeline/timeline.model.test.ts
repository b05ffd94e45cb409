/** Whatever is lost, doubled or overtaken on the way: in the end everybody reads the same. */

import { expect, it } from "vitest";
import type { AckFrame, MessageFrame, ResumedFrame, ServerFrame } from "../wire/frames";
import * as rules from "./timeline";

const RUNS = 1_000;
const STEPS = 120;
const ROOM = "general";
const ME = { userId: "me", username: "Me" };

/** Small and repeatable: the seed of a failure is in its message. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Server {
  epoch = 1;
  log: MessageFrame[] = [];

  append(user: typeof ME, text: string, nonce?: string): MessageFrame {
    const kept = this.log.find((message) => nonce !== undefined && message.nonce === nonce);
    if (kept) return kept;
    const seq = this.log.length + 1;
    const names = { messageId: `m${this.epoch}-${seq}`, room: ROOM, timestamp: `${seq}` };
    const said = { type: "message", seq, ...names, ...user, message: text } as const;
    const message = nonce === undefined ? said : { ...said, nonce };
    this.log.push(message);
    return message;
  }

  answer(command: rules.Command): ServerFrame {
    const base = { id: command.id, room: ROOM, epoch: `e${this.epoch}` };
    switch (command.action) {
      case "sendMessage": {
        const { messageId, seq, timestamp } = this.append(ME, command.message, command.nonce);
        const ack = { id: command.id, nonce: command.nonce ?? "", messageId, seq, timestamp };
        return { type: "ack", room: ROOM, duplicate: false, ...ack } satisfies AckFrame;
      }
      case "getHistory": {
        const end = (command.before ?? this.log.length + 1) - 1;
        const messages = this.log.slice(Math.max(0, end - 7), end).reverse();
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

  resumed({ epoch, after }: { epoch: string; after: number }): ResumedFrame {
    const reset = epoch !== `e${this.epoch}` || after > this.log.length;
    const from = reset ? Math.max(0, this.log.length - 7) : after;
    const events = this.log.slice(from, from + 7);
    const to = events.at(-1)?.seq ?? from;
    const base = { type: "resumed", room: ROOM, epoch: `e${this.epoch}` } as const;
    return { ...base, from, to, events, reset, more: to < this.log.length };
  }

  hello(cursor: ReturnType<typeof rules.cursor>): ServerFrame {
    const entry = cursor?.[ROOM];
    const rooms = [{ room: ROOM, epoch: `e${this.epoch}`, head: this.log.length }];
    const limits = {} as never;
    const rest = { v: 1, min: 1, limits, features: [], serverTime: "" };
    const resumed = entry ? [this.resumed(entry)] : [];
    return { type: "hello", user: ME, rooms, resumed, ...rest };
  }

  restore(): void {
    this.epoch += 1;
    this.log = this.log.slice(0, Math.floor(this.log.length / 2));
  }
}

/** A page and its line: pushes are lost, doubled and reordered; answers keep their order. */
class Page {
  timeline = rules.emptyTimeline(ROOM);
  answers: ServerFrame[] = [];
  pushes: ServerFrame[] = [];
  timers = new Set<"catchUp" | "send">();
  connected = false;

  constructor(private readonly server: Server) {}

  take([next, ...effects]: rules.Step): void {
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

  hear(frame: ServerFrame | undefined): void {
    if (frame) this.take(rules.receive(this.timeline, frame));
  }

  wakeTimer(): void {
    for (const what of this.timers) {
      this.timers.delete(what);
      const due = what === "catchUp" ? rules.catchUpDue : rules.sendDue;
      this.take(due(this.timeline));
    }
  }

  /** Let everything that is under way arrive, on a good line. */
  settle(): void {
    this.disconnect();
    this.connect();
    for (let turn = 0; turn < 1_000 && (this.answers.length || this.timers.size); turn += 1) {
      this.hear(this.answers.shift());
      if (this.answers.length === 0) this.wakeTimer();
      if (this.answers.length === 0) this.take(rules.fetchOlder(this.timeline));
    }
  }
}

function liveThrough(seed: number): { server: Server; page: Page; wrote: string[] } {
  const random = randomFrom(seed);
  const server = new Server();
  const page = new Page(server);
  const wrote: string[] = [];
  const push = (message: MessageFrame) => {
    const copies = random() < 0.3 ? 0 : random() < 0.2 ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      page.pushes.splice(Math.floor(random() * (page.pushes.length + 1)), 0, message);
  };
  const acts: (() => void)[] = [
    () => push(server.append({ userId: "ann", username: "Ann" }, `ann ${server.log.length}`)),
    () => push(server.append({ userId: "bob", username: "Bob" }, `bob ${server.log.length}`)),
    () => {
      const nonce = `n${wrote.length}`;
      wrote.push(nonce);
      page.take(rules.write(page.timeline, { nonce, text: nonce, writtenAt: 0 }));
    },
    () => page.connect(),
    () => page.connected && page.hear(page.pushes.shift()),
    () => page.connected && page.hear(page.pushes.shift()),
    () => page.connected && page.hear(page.answers.shift()),
    () => page.connected && page.hear(page.answers.shift()),
    () => page.wakeTimer(),
    () => page.take(rules.fetchOlder(page.timeline)),
    () => random() < 0.3 && page.disconnect(),
    () => {
      const last = server.log.at(-1);
      if (last?.nonce && page.connected) page.pushes.push(last);
    },
    () => {
      if (random() > 0.04) return;
      page.disconnect();
      server.restore();
    },
  ];
  for (let turn = 0; turn < STEPS; turn += 1) acts[Math.floor(random() * acts.length)]?.();
  page.settle();
  return { server, page, wrote };
}

it("ends in the same timeline as a fresh load", () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const { server, page } = liveThrough(seed);
    const fresh = new Page(server);
    fresh.settle();

    const ids = ({ timeline }: Page) => timeline.messages.map(({ messageId }) => messageId);
    expect(ids(page), `seed ${seed}`).toEqual(ids(fresh));
    expect(ids(page), `seed ${seed}`).toEqual(server.log.map(({ messageId }) => messageId));
  }
});

it("delivers every word that I wrote once and in order, unless the server lost its log", () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const { server, page, wrote } = liveThrough(seed);
    const kept = server.log.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce]));

    expect(page.timeline.outbox, `seed ${seed}`).toEqual([]);
    if (server.epoch === 1) expect(kept, `seed ${seed}`).toEqual(wrote);
  }
});
