/** Holds one room's timeline for the page: passes events in, does what comes out, keeps the timers. */

import type { HelloCommand, ServerFrame } from "../wire/frames";
import { type Command, type Effect, emptyTimeline, type Step, type Timeline } from "./model";
import { NOTHING_READ, type Reading, reckon } from "./readState";
import { NO_STORAGE, type RoomStorage } from "./roomStorage";
import * as rules from "./timeline";

type Ask = (command: Command) => void;

export class TimelineStore {
  private timeline: Timeline;
  private reading: Reading;
  private watching = false;
  /** The line is back, and not everything that came meanwhile. */
  private returning = false;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly subscribers = new Set<() => void>();

  constructor(
    room: string,
    private readonly ask: Ask,
    private readonly storage: RoomStorage = NO_STORAGE,
  ) {
    this.timeline = { ...emptyTimeline(room), restoring: true };
    this.reading = { ...NOTHING_READ, read: storage.lastRead() };
    storage.restore().then(({ snapshot, drafts }) => {
      this.take(rules.restore(this.timeline, snapshot, drafts));
    });
  }

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  };

  readonly getTimeline = (): Timeline => this.timeline;

  readonly getReading = (): Reading => this.reading;

  /** The reader is at the end or not, and looks or not. */
  readonly attend = (atEnd: boolean, visible: boolean): void => {
    this.watching = atEnd && visible;
    this.take(rules.follow(this.timeline, atEnd));
    this.reckon(this.watching);
  };

  readonly greeting = (): HelloCommand => {
    const resume = rules.cursor(this.timeline);
    return { action: "hello", v: 1, ...(resume && { resume }) };
  };

  readonly heard = (frame: ServerFrame): void => this.take(rules.receive(this.timeline, frame));

  readonly down = (): void => {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.take(rules.disconnect(this.timeline));
  };

  readonly write = (text: string): void => {
    this.take(rules.write(this.timeline, { nonce: newNonce(), text, writtenAt: Date.now() }));
  };

  readonly retry = (nonce: string): void => this.take(rules.retry(this.timeline, nonce));

  readonly discard = (nonce: string): void => this.take(rules.discard(this.timeline, nonce));

  /** See whether a tab that is gone left something to send. */
  readonly adopt = async (): Promise<void> => {
    const drafts = await this.storage.adopt();
    this.take(rules.adopt(this.timeline, drafts));
  };

  readonly fetchOlder = (): void => this.take(rules.fetchOlder(this.timeline));

  private take([next, ...effects]: Step): void {
    const before = this.timeline;
    this.timeline = next;
    for (const effect of effects) this.act(effect);
    if (next === before) return;
    this.storage.save(before, next);
    // What came while the line was down or the page closed is new even to one who sits at the end,
    // and it is all there only when nothing is missing any more.
    if (next.online && !before.online) this.returning = true;
    if (this.returning) this.reckon(false);
    if (rules.isComplete(next)) this.returning = false;
    if (!this.returning) this.reckon(this.watching);
    this.tell();
  }

  private reckon(watching: boolean): void {
    const { messages, me, through, known, online } = this.timeline;
    if (through === null) return;
    const log = { messages, head: online ? known : null, myId: me?.userId };
    const next = reckon(this.reading, log, watching);
    if (next === this.reading) return;
    if (next.read !== this.reading.read && next.read !== null) this.storage.saveLastRead(next.read);
    this.reading = next;
    this.tell();
  }

  private tell(): void {
    for (const subscriber of this.subscribers) subscriber();
  }

  private act(effect: Effect): void {
    if (effect.type === "ask") this.ask(effect.command);
    else this.later(effect.what, effect.ms);
  }

  private later(what: "catchUp" | "send", ms: number): void {
    const due = what === "catchUp" ? rules.catchUpDue : rules.sendDue;
    const timer = setTimeout(() => this.take(due(this.timeline)), ms);
    clearTimeout(this.timers.get(what));
    this.timers.set(what, timer);
  }
}

/** Plain random bytes: `crypto.randomUUID` is missing on a page that came over plain http. */
function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
