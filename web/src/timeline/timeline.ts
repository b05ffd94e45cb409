/**
 * One room as this page knows it: its messages, those still to be sent, and what is missing.
 *
 * The server's log is the truth and a push is a hint: messages are ordered by their `seq`, and a gap
 * is fetched. Every function takes a timeline and returns the next one, with the effects to perform.
 */

import type {
  Cursor,
  ErrorFrame,
  HelloFrame,
  HistoryFrame,
  MessageFrame,
  ServerFrame,
} from "../wire/frames";
import { insert, startWith, trimmed } from "./log";
import {
  askForMissing,
  compareHeads,
  cursorOf,
  isBehind,
  NEWEST_ID,
  PAGE,
  RESUME_ID,
  resume,
  scheduleCatchUp,
} from "./missing";
import type {
  Command,
  Effect,
  Later,
  OutboxEntry,
  Snapshot,
  Step,
  Timeline,
  Writing,
} from "./model";
import { acknowledge, rejectSend, requeued, sendNext, waiting } from "./outbox";

/** Followed by the seq, so that an answer that came too late is recognized. */
const OLDER_ID = "older-";

/** What to ask for in `hello`: everything after the last message without a gap. */
export function cursor(timeline: Timeline): Record<string, Cursor> | null {
  const cursor = cursorOf(timeline);
  return cursor && { [timeline.room]: cursor };
}

/** Apply a frame from the server. */
export function receive(timeline: Timeline, frame: ServerFrame): Step {
  const [next, ...effects] = apply(timeline, frame);
  return withEffects(pump(next), ...effects);
}

function apply(timeline: Timeline, frame: ServerFrame): Step {
  switch (frame.type) {
    case "hello":
      return welcome(timeline, frame);
    case "message":
      return [
        timeline.proven || timeline.through === null
          ? insert(timeline, [frame])
          : noticed(timeline, frame),
      ];
    case "ack":
      return [acknowledge(timeline, frame)];
    case "history":
      return isOlder(frame) ? olderPage(timeline, frame) : newestPage(timeline, frame);
    case "resumed":
      return resume(timeline, frame);
    case "pong":
      return compareHeads(timeline, frame);
    case "error":
      return refuse(timeline, frame);
    case "you":
    case "claimed":
      return [{ ...timeline, me: frame.user }];
    default:
      return [timeline];
  }
}

/** A push that overtakes the proof may be of another log: that it is there is all that it says. */
function noticed(timeline: Timeline, { room, seq }: MessageFrame): Timeline {
  return room === timeline.room ? { ...timeline, known: Math.max(timeline.known, seq) } : timeline;
}

/** The connection is lost: what was under way has to be requested and sent again. */
export function disconnect(timeline: Timeline): Step {
  const outbox = timeline.outbox.map(requeued);
  const offline = {
    online: false,
    proven: false,
    catchUp: "none",
    fetchingOlder: false,
    paused: false,
  } as const;
  // Before the first page, pushes may belong to a log that is replaced by the next connection.
  const withoutPushes =
    timeline.through === null ? { messages: [], known: 0 } : { known: timeline.through };
  return [{ ...timeline, ...offline, ...withoutPushes, outbox }];
}

export function write(timeline: Timeline, writing: Writing): Step {
  const entry: OutboxEntry = { ...writing, name: "waiting" };
  const { outbox, written } = timeline;
  return pump({ ...timeline, outbox: [...outbox, entry], written: written + 1 });
}

/** Send a failed message again, under the nonce it always had. */
export function retry(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.map((entry) => (entry.nonce === nonce ? waiting(entry) : entry));
  return pump({ ...timeline, outbox });
}

/** Delete a failed message. One that may be under way can't be recalled. */
export function discard(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.filter((it) => it.nonce !== nonce || it.name !== "failed");
  return [{ ...timeline, outbox }];
}

/** Show what this device stored, unless the server answered first. */
export function restore(
  timeline: Timeline,
  snapshot: Snapshot | null,
  entries: readonly OutboxEntry[],
): Step {
  const outbox = [...notHeld(timeline, entries), ...timeline.outbox];
  const here = { ...timeline, outbox, restoring: false };
  if (!snapshot || timeline.me !== null) return pump(here);
  return pump({ ...here, ...fromSnapshot(snapshot) });
}

/** Add what another tab left unsent. */
export function adopt(timeline: Timeline, entries: readonly OutboxEntry[]): Step {
  const added = notHeld(timeline, entries);
  if (added.length === 0) return [timeline];
  return pump({ ...timeline, outbox: [...added, ...timeline.outbox] });
}

/** The entries that are neither in the outbox nor among the messages. */
function notHeld({ outbox, messages }: Timeline, entries: readonly OutboxEntry[]): OutboxEntry[] {
  const mine = new Set([...outbox, ...messages].map(({ nonce }) => nonce));
  return entries.filter(({ nonce }) => !mine.has(nonce)).map(requeued);
}

function fromSnapshot({ me, epoch, messages }: Snapshot): Partial<Timeline> {
  const first = messages[0]?.seq ?? 1;
  const last = messages.at(-1)?.seq ?? 0;
  return { me, epoch, messages, through: last, known: last, older: first > 1 ? first : null };
}

/** What to store on the device, null while there is nothing. */
export function snapshotOf({ me, epoch, messages, through }: Timeline): Snapshot | null {
  if (!me || epoch === null || through === null) return null;
  const whole = messages.filter(({ seq }) => seq <= through).slice(-PAGE);
  return whole.length === 0 ? null : { me, epoch, messages: whole };
}

/** `following`: the end is in view. Then messages far above are dropped, otherwise far below. */
export function follow(timeline: Timeline, following: boolean): Step {
  return timeline.following === following ? [timeline] : pump({ ...timeline, following });
}

/** Whether this page is online and holds everything up to the newest message. */
export function isComplete({ online, through, known }: Timeline): boolean {
  return online && through !== null && through >= known;
}

export function fetchOlder(timeline: Timeline): Step {
  const { room, online, older, fetchingOlder } = timeline;
  if (!online || fetchingOlder || older === null) return [timeline];
  const id = OLDER_ID + older;
  const command: Command = { action: "getHistory", id, room, before: older, limit: PAGE };
  return [
    { ...timeline, fetchingOlder: true },
    { type: "ask", command },
  ];
}

/** The pause that the server asked for is over. */
export function olderDue(timeline: Timeline): Step {
  return timeline.fetchingOlder ? fetchOlder({ ...timeline, fetchingOlder: false }) : [timeline];
}

/** The moment in which a gap may close by itself is over. */
export function catchUpDue(timeline: Timeline): Step {
  if (timeline.catchUp !== "soon") return [timeline];
  return isBehind(timeline) ? askForMissing(timeline) : [{ ...timeline, catchUp: "none" }];
}

/** The pause that the server asked for is over. */
export function sendDue(timeline: Timeline): Step {
  return pump({ ...timeline, paused: false });
}

export const DUE: Record<Later, (timeline: Timeline) => Step> = {
  catchUp: catchUpDue,
  send: sendDue,
  older: olderDue,
};

function welcome(timeline: Timeline, frame: HelloFrame): Step {
  const head = frame.rooms.find((it) => it.room === timeline.room)?.head ?? 0;
  const resumed = frame.resumed.find((it) => it.room === timeline.room);
  const known = Math.max(timeline.known > (timeline.through ?? 0) ? timeline.known : 0, head);
  const here = { ...timeline, me: frame.user, online: true, catchUpTries: 0 };
  const [next, ...effects] =
    resumed && here.through !== null ? resume(here, resumed) : askForMissing(here);
  return [{ ...next, known: Math.max(next.known, known) }, ...effects];
}

function newestPage(timeline: Timeline, frame: HistoryFrame): Step {
  const isExpected = frame.room === timeline.room && timeline.catchUp === "asked";
  return [isExpected ? startWith(timeline, frame) : timeline];
}

function isOlder({ id }: { id?: string | null }): boolean {
  return id?.startsWith(OLDER_ID) ?? false;
}

function olderPage(timeline: Timeline, frame: HistoryFrame): Step {
  if (frame.room !== timeline.room) return [timeline];
  const idle = { ...timeline, fetchingOlder: false };
  if (frame.id !== OLDER_ID + timeline.older) return [idle];
  if (frame.epoch !== timeline.epoch) return askForMissing(idle);
  return [insert({ ...idle, older: frame.prev }, frame.messages)];
}

function refuse(timeline: Timeline, error: ErrorFrame): Step {
  if (isOlder(error)) return refuseOlder(timeline, error);
  if (error.id === RESUME_ID || error.id === NEWEST_ID) {
    return scheduleCatchUp({ ...timeline, catchUp: "none" }, error.retryAfterMs);
  }
  return rejectSend(timeline, error);
}

function refuseOlder(timeline: Timeline, { retryAfterMs: ms }: ErrorFrame): Step {
  if (ms === undefined) return [{ ...timeline, fetchingOlder: false }];
  return [timeline, { type: "later", what: "older", ms }];
}

/** After every change: send the next entry, and fetch what is missing. */
function pump(timeline: Timeline): Step {
  const [sending, ...sends] = sendNext(timeline);
  const [next, ...waits] = scheduleCatchUp(sending);
  return [trimmed(next), ...sends, ...waits];
}

function withEffects([next, ...effects]: Step, ...more: Effect[]): Step {
  return [next, ...effects, ...more];
}
