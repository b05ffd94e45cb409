/**
 * One room as this page knows it: what was said, what is still to be sent, and what is missing.
 *
 * The server's log is the truth and a push is a hint: messages stand in the order of their `seq`,
 * and a hole is asked for. Every verb takes a timeline and gives the next one, with what to do.
 */

import type { ErrorFrame, HelloFrame, HistoryFrame, ServerFrame } from "../wire/frames";
import { bounded, insert, startWith } from "./log";
import {
  askForMissing,
  compareHeads,
  isBehind,
  NEWEST_ID,
  PAGE,
  RESUME_ID,
  resume,
  watchHoles,
} from "./missing";
import type { Command, Draft, Effect, Snapshot, Step, Timeline, Writing } from "./model";
import { acknowledge, refuseSend, sendNext, unsent, waiting } from "./outbox";

/** With its place, so that an answer is known for a stale one when the top went meanwhile. */
const OLDER_ID = "older-";

/** What to ask for in `hello`: the log from where we know it without a hole. */
export function cursor(
  timeline: Timeline,
): Record<string, { epoch: string; after: number }> | null {
  const { room, epoch, through } = timeline;
  return epoch === null || through === null ? null : { [room]: { epoch, after: through } };
}

/** Take in whatever the server said. */
export function receive(timeline: Timeline, frame: ServerFrame): Step {
  const [next, ...effects] = takeIn(timeline, frame);
  return and(pump(next), ...effects);
}

function takeIn(timeline: Timeline, frame: ServerFrame): Step {
  switch (frame.type) {
    case "hello":
      return welcome(timeline, frame);
    case "message":
      return [insert(timeline, [frame])];
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
    case "closing":
      return [timeline];
  }
}

/** The connection is gone: what was on its way has to be asked and sent again. */
export function disconnect(timeline: Timeline): Step {
  const outbox = timeline.outbox.map(unsent);
  const still = { online: false, catchUp: "none", fetchingOlder: false, paused: false } as const;
  // Pushes that no page has joined to a log may belong to one that is replaced by then.
  const unjoined = timeline.through === null ? { messages: [], known: 0 } : {};
  return [{ ...timeline, ...still, ...unjoined, outbox }];
}

export function write(timeline: Timeline, writing: Writing): Step {
  const draft: Draft = { ...writing, name: "waiting" };
  const { outbox, written } = timeline;
  return pump({ ...timeline, outbox: [...outbox, draft], written: written + 1 });
}

/** Send a failed draft again, under the nonce it always had. */
export function retry(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.map((draft) => (draft.nonce === nonce ? waiting(draft) : draft));
  return pump({ ...timeline, outbox });
}

/** Forget a failed draft. One that may be on its way can't be called back. */
export function discard(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.filter((it) => it.nonce !== nonce || it.name !== "failed");
  return [{ ...timeline, outbox }];
}

/** Bring back what this device kept, unless the server was faster. */
export function restore(
  timeline: Timeline,
  snapshot: Snapshot | null,
  drafts: readonly Draft[],
): Step {
  const outbox = [...fresh(timeline, drafts), ...timeline.outbox];
  const here = { ...timeline, outbox, restoring: false };
  if (!snapshot || timeline.me !== null) return pump(here);
  return pump({ ...here, ...shownFrom(snapshot) });
}

/** Take over what another tab left unsent. */
export function adopt(timeline: Timeline, drafts: readonly Draft[]): Step {
  const back = fresh(timeline, drafts);
  if (back.length === 0) return [timeline];
  return pump({ ...timeline, outbox: [...back, ...timeline.outbox] });
}

/** What is neither in the outbox nor already said. */
function fresh({ outbox, messages }: Timeline, drafts: readonly Draft[]): Draft[] {
  const mine = new Set([...outbox, ...messages].map(({ nonce }) => nonce));
  return drafts.filter(({ nonce }) => !mine.has(nonce)).map(unsent);
}

function shownFrom({ me, epoch, messages }: Snapshot): Partial<Timeline> {
  const first = messages[0]?.seq ?? 1;
  const last = messages.at(-1)?.seq ?? 0;
  return { me, epoch, messages, through: last, known: last, older: first > 1 ? first : null };
}

/** What is worth keeping on the device, null while there is nothing. */
export function snapshotOf({ me, epoch, messages, through }: Timeline): Snapshot | null {
  if (!me || epoch === null || through === null) return null;
  const whole = messages.filter(({ seq }) => seq <= through).slice(-PAGE);
  return whole.length === 0 ? null : { me, epoch, messages: whole };
}

/** Whether the reader is at the end: then what is far above goes, else what is far below. */
export function follow(timeline: Timeline, following: boolean): Step {
  return timeline.following === following ? [timeline] : pump({ ...timeline, following });
}

/** Whether we are online and hold everything up to the newest. */
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

/** The patience with a hole is over. */
export function catchUpDue(timeline: Timeline): Step {
  if (timeline.catchUp !== "soon") return [timeline];
  return isBehind(timeline) ? askForMissing(timeline) : [{ ...timeline, catchUp: "none" }];
}

/** The pause that the server asked for is over. */
export function sendDue(timeline: Timeline): Step {
  return pump({ ...timeline, paused: false });
}

function welcome(timeline: Timeline, frame: HelloFrame): Step {
  const head = frame.rooms.find((it) => it.room === timeline.room)?.head ?? 0;
  const resumed = frame.resumed.find((it) => it.room === timeline.room);
  const known = Math.max(timeline.known, head);
  const here = { ...timeline, me: frame.user, online: true, catchUpTries: 0, known };
  return resumed && here.through !== null ? resume(here, resumed) : askForMissing(here);
}

function newestPage(timeline: Timeline, frame: HistoryFrame): Step {
  const isOurs = frame.room === timeline.room && timeline.catchUp === "asked";
  return [isOurs ? startWith(timeline, frame) : timeline];
}

function isOlder({ id }: { id?: string | null }): boolean {
  return id?.startsWith(OLDER_ID) ?? false;
}

function olderPage(timeline: Timeline, frame: HistoryFrame): Step {
  if (frame.room !== timeline.room) return [timeline];
  const rested = { ...timeline, fetchingOlder: false };
  if (frame.id !== OLDER_ID + timeline.older) return [rested];
  if (frame.epoch !== timeline.epoch) return askForMissing(rested);
  return [insert({ ...rested, older: frame.prev }, frame.messages)];
}

function refuse(timeline: Timeline, error: ErrorFrame): Step {
  if (isOlder(error)) return [{ ...timeline, fetchingOlder: false }];
  if (error.id === RESUME_ID || error.id === NEWEST_ID) return [{ ...timeline, catchUp: "none" }];
  return refuseSend(timeline, error);
}

/** After every change: send what may be sent, and see to what is missing. */
function pump(timeline: Timeline): Step {
  const [sending, ...sends] = sendNext(timeline);
  const [next, ...waits] = watchHoles(sending);
  return [bounded(next), ...sends, ...waits];
}

function and([next, ...effects]: Step, ...more: Effect[]): Step {
  return [next, ...effects, ...more];
}
