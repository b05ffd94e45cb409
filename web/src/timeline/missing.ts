/** What is missing: noticed, waited for a moment, then asked for, until the log is whole again. */

import type { PongFrame, ResumedFrame } from "../wire/frames";
import { doubled } from "./backoff";
import { ascending, insert, isFull } from "./log";
import type { Command, Step, Timeline } from "./model";

export const PAGE = 50; // messages
export const NEWEST_ID = "newest";
export const RESUME_ID = "resume";

/** A push may overtake another, so a hole gets a moment to close by itself. */
const HOLE_PATIENCE_MS = 300;

/** Whether there is something to ask for; who reads far above gets it on the way back. */
export function isBehind(timeline: Timeline): boolean {
  const { through, known } = timeline;
  return through === null || (known > through && !isFull(timeline));
}

export function watchHoles(timeline: Timeline): Step {
  const { online, catchUp, catchUpTries } = timeline;
  if (!online || catchUp !== "none" || !isBehind(timeline)) return [timeline];
  const ms = doubled(HOLE_PATIENCE_MS, catchUpTries);
  return [
    { ...timeline, catchUp: "soon" },
    { type: "later", what: "catchUp", ms },
  ];
}

export function askForMissing(timeline: Timeline): Step {
  const { room, epoch, through } = timeline;
  const command: Command =
    epoch === null || through === null
      ? { action: "getHistory", id: NEWEST_ID, room, limit: PAGE }
      : { action: "resume", id: RESUME_ID, room, epoch, after: through };
  const catchUpTries = timeline.catchUpTries + 1;
  return [
    { ...timeline, catchUp: "asked", catchUpTries },
    { type: "ask", command },
  ];
}

/** A lost push shows here even when nobody speaks again. */
export function compareHeads(timeline: Timeline, frame: PongFrame): Step {
  const { room, epoch } = timeline;
  if (epoch !== null && (frame.epoch[room] ?? epoch) !== epoch) return askForMissing(timeline);
  return [{ ...timeline, known: Math.max(timeline.known, frame.heads[room] ?? 0) }];
}

/** Take in what was missed, and ask on while there is more. */
export function resume(timeline: Timeline, frame: ResumedFrame): Step {
  if (frame.room !== timeline.room || timeline.through === null) return [timeline];
  if (!frame.reset && frame.epoch !== timeline.epoch) return [timeline];
  const rested: Timeline = { ...timeline, catchUp: "none" };
  const next = frame.reset ? startAnew(rested, frame) : fillIn(rested, timeline.through, frame);
  return frame.more && !isFull(next) ? askForMissing(next) : [next];
}

/** The log was replaced, or we were away for longer than it goes back. */
function startAnew(timeline: Timeline, frame: ResumedFrame): Timeline {
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

function fillIn(timeline: Timeline, through: number, frame: ResumedFrame): Timeline {
  const connects = frame.from <= through + 1;
  const reached = connects ? Math.max(through, frame.to) : through;
  const catchUpTries = reached > through ? 0 : timeline.catchUpTries;
  return insert({ ...timeline, through: reached, catchUpTries }, frame.events);
}
