/** Holds one room's timeline for the page: passes events to the rules and performs their effects. */

import type { HelloCommand, ServerFrame } from "../wire/frames";
import {
  type Command,
  type Effect,
  emptyTimeline,
  type Later,
  type Step,
  type Timeline,
} from "./model";
import { isSameEpoch, NOTHING_READ, type ReadState, updateReadState } from "./readState";
import { NO_STORAGE, type RoomStorage } from "./roomStorage";
import * as rules from "./timeline";

type Ask = (command: Command) => void;

export class TimelineStore {
  private timeline: Timeline;
  private readState: ReadState;
  private watching = false;
  /** Connected again, with messages from meanwhile still missing. */
  private catchingUp = false;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly subscribers = new Set<() => void>();

  constructor(
    room: string,
    private readonly ask: Ask,
    private readonly storage: RoomStorage = NO_STORAGE,
  ) {
    this.timeline = { ...emptyTimeline(room), restoring: true };
    const { epoch = null, seq = null } = storage.lastRead() ?? {};
    this.readState = { ...NOTHING_READ, epoch, lastRead: seq };
    storage.restore().then(({ snapshot, entries }) => {
      this.apply(rules.restore(this.timeline, snapshot, entries));
    });
  }

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  };

  readonly getTimeline = (): Timeline => this.timeline;

  readonly getReadState = (): ReadState => this.readState;

  /** Whether the end of the log is in view, and the page itself visible. */
  readonly viewed = (atEnd: boolean, visible: boolean): void => {
    this.watching = atEnd && visible;
    this.apply(rules.follow(this.timeline, atEnd));
    this.refreshReadState(this.watching);
  };

  /** Another tab of this user may have read more. */
  readonly readElsewhere = (): void => {
    this.refreshReadState(this.watching && !this.catchingUp);
  };

  /** Return whether this tab is to notify of a message; no other tab of this user is, then. */
  readonly claimNotification = (seq: number): Promise<boolean> =>
    this.storage.claimNotification(this.timeline.epoch, seq);

  readonly hello = (): HelloCommand => {
    const resume = rules.cursor(this.timeline);
    return { action: "hello", v: 2, ...(resume && { resume }) };
  };

  readonly receive = (frame: ServerFrame): void => this.apply(rules.receive(this.timeline, frame));

  readonly disconnected = (): void => {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.apply(rules.disconnect(this.timeline));
  };

  readonly write = (text: string): void => {
    this.apply(rules.write(this.timeline, { nonce: newNonce(), text, writtenAt: Date.now() }));
  };

  readonly retry = (nonce: string): void => this.apply(rules.retry(this.timeline, nonce));

  readonly discard = (nonce: string): void => this.apply(rules.discard(this.timeline, nonce));

  /** Take over what a closed tab left unsent. */
  readonly adopt = async (): Promise<void> => {
    const entries = await this.storage.adopt();
    this.apply(rules.adopt(this.timeline, entries));
  };

  readonly fetchOlder = (): void => this.apply(rules.fetchOlder(this.timeline));

  private apply([next, ...effects]: Step): void {
    const before = this.timeline;
    this.timeline = next;
    for (const effect of effects) this.perform(effect);
    if (next === before) return;
    this.storage.save(before, next);
    this.followEpoch(before);
    // What came while the connection was lost or the page closed counts as unread even when the end
    // is in view, and it is all here only when nothing is missing any more.
    if (next.online && !before.online) this.catchingUp = true;
    if (this.catchingUp) this.refreshReadState(false);
    if (rules.isComplete(next)) this.catchingUp = false;
    if (!this.catchingUp) this.refreshReadState(this.watching);
    this.notify();
  }

  /** Where the log is proven to go on under another epoch, what was read of it stays read. */
  private followEpoch({ epoch, messages, through }: Timeline): void {
    const { epoch: next, messages: kept } = this.timeline;
    const { lastRead } = this.readState;
    const goesOn = messages.length > 0 && messages[0] === kept[0] && through !== null;
    if (!goesOn || next === epoch || this.readState.epoch !== epoch || lastRead === null) return;
    this.readState = { ...this.readState, epoch: next, lastRead: Math.min(lastRead, through) };
    this.storage.saveLastRead({ epoch: next, seq: Math.min(lastRead, through) });
  }

  private refreshReadState(watching: boolean): void {
    const { messages, epoch, me, through, known, proven } = this.timeline;
    if (through === null) return;
    const readAnywhere = this.readAnywhere();
    const head = proven ? known : null;
    const log = { messages, epoch, head, myId: me?.userId, readAnywhere };
    const before = this.readState;
    const next = updateReadState(before, log, watching);
    if (next === before) return;
    this.readState = next;
    this.saveLastRead(before, next);
    this.notify();
  }

  /** How far this log was read in any tab of this user. */
  private readAnywhere(): number {
    const stored = this.storage.lastRead();
    return stored && isSameEpoch(stored.epoch, this.timeline.epoch) ? stored.seq : 0;
  }

  /** Never less than another tab has read, unless the log was replaced by one that starts again. */
  private saveLastRead(before: ReadState, { epoch, lastRead }: ReadState): void {
    const now = lastRead ?? 0;
    const isReset = isSameEpoch(epoch, before.epoch) && now < (before.lastRead ?? 0);
    const seq = isReset ? now : Math.max(now, this.readAnywhere());
    const stored = this.storage.lastRead();
    if (stored?.seq !== seq || stored.epoch !== epoch) this.storage.saveLastRead({ epoch, seq });
  }

  private notify(): void {
    for (const subscriber of this.subscribers) subscriber();
  }

  private perform(effect: Effect): void {
    if (effect.type === "ask") this.ask(effect.command);
    else this.schedule(effect.what, effect.ms);
  }

  private schedule(what: Later, ms: number): void {
    const timer = setTimeout(() => this.apply(rules.DUE[what](this.timeline)), ms);
    clearTimeout(this.timers.get(what));
    this.timers.set(what, timer);
  }
}

/** From random bytes: a page that came over plain http has no `crypto.randomUUID`. */
function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
