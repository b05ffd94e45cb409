/** Missing messages: noticed, waited for a moment, then fetched until the log has no gap. */

import type { Cursor, PongFrame, ResumedFrame } from "../wire/frames";
import { ascending, insert, isFull } from "./log";
import type { Command, Step, Timeline } from "./model";
import { requestBackoff } from "./requestBackoff";

export const PAGE = 50; // messages
export const NEWEST_ID = "newest";
export const RESUME_ID = "resume";

/** A push may overtake another, so a gap gets a moment to close by itself. */
const GAP_GRACE_MS = 300;

/** Whether messages are missing, or may be; a reader far above gets them while scrolling down. */
export function isBehind(timeline: Timeline): boolean {
  const { through, known, proven } = timeline;
  return through === null || !proven || (known > through && !isFull(timeline));
}

/** `atLeastMs`: what the server asked for. */
export function scheduleCatchUp(timeline: Timeline, atLeastMs = 0): Step {
  const { online, catchUp, catchUpTries } = timeline;
  if (!online || catchUp !== "none" || !isBehind(timeline)) return [timeline];
  const ms = Math.max(atLeastMs, requestBackoff(GAP_GRACE_MS, catchUpTries));
  return [
    { ...timeline, catchUp: "soon" },
    { type: "later", what: "catchUp", ms },
  ];
}

/** Up to where nothing is missing, with the message there: it proves that the log is the same. */
export function cursorOf({ epoch, through, messages }: Timeline): Cursor | null {
  if (epoch === null || through === null) return null;
  const last = messages.findLast(({ seq }) => seq === through);
  const cursor = { epoch, after: through };
  return last ? { ...cursor, messageId: last.messageId } : cursor;
}

export function askForMissing(timeline: Timeline): Step {
  const { room } = timeline;
  const cursor = cursorOf(timeline);
  const command: Command = cursor
    ? { action: "resume", id: RESUME_ID, room, ...cursor }
    : { action: "getHistory", id: NEWEST_ID, room, limit: PAGE };
  const catchUpTries = timeline.catchUpTries + 1;
  return [
    { ...timeline, catchUp: "asked", catchUpTries },
    { type: "ask", command },
  ];
}

/** Notice a lost push by the room's head, even when no message follows; and another log. */
export function compareHeads(timeline: Timeline, frame: PongFrame): Step {
  const { room, epoch, through, known } = timeline;
  const head = frame.heads[room] ?? known;
  const isOther = epoch !== null && (frame.epoch[room] ?? epoch) !== epoch;
  if (isOther || (through !== null && head < through)) return askForMissing(timeline);
  return [{ ...timeline, known: Math.max(known, head) }];
}

/** Insert what was missed, and ask again while there is more. */
export function resume(timeline: Timeline, frame: ResumedFrame): Step {
  if (frame.room !== timeline.room || timeline.through === null) return [timeline];
  const { through } = timeline;
  const caughtUp: Timeline = { ...timeline, catchUp: "none", proven: true };
  const next = frame.reset
    ? restartLog(caughtUp, frame)
    : fillGap(inEpoch(caughtUp, through, frame), through, frame);
  return frame.more && !isFull(next) ? askForMissing(next) : [next];
}

/** The cursor proved that the log goes on under another epoch; pushes may be of the one before. */
function inEpoch(timeline: Timeline, through: number, { epoch, to }: ResumedFrame): Timeline {
  if (timeline.epoch === epoch) return timeline;
  const messages = timeline.messages.filter(({ seq }) => seq <= through);
  return { ...timeline, epoch, messages, known: to };
}

/** The log was replaced, or more was missed than the server returns. */
function restartLog(timeline: Timeline, frame: ResumedFrame): Timeline {
  const page = ascending(frame.events);
  const first = page[0]?.seq ?? null;
  const base: Timeline = {
    ...timeline,
    epoch: frame.epoch,
    messages: [],
    through: frame.to,
    known: frame.to,
    older: first !== null && first > 1 ? first : null,
    resetAt: first,
    catchUpTries: 0,
  };
  return insert(base, page);
}

function fillGap(timeline: Timeline, through: number, frame: ResumedFrame): Timeline {
  const connects = frame.from <= through + 1;
  const reached = connects ? Math.max(through, frame.to) : through;
  const catchUpTries = reached > through ? 0 : timeline.catchUpTries;
  return insert({ ...timeline, through: reached, catchUpTries }, frame.events);
}
