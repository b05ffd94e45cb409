/** The messages of a room in the order of their `seq`, without a gap up to `through`. */

import type { HistoryFrame, MessageFrame } from "../wire/frames";
import type { Timeline } from "./model";

/** While the end is in view, so that a page that is open for a week does not grow. */
export const MAX_FOLLOWED = 500;
/** Several are dropped at once, so that most new messages move no other row. */
const KEPT_AFTER_TRIM = 480;
const MAX_READ_BACK = 5_000;

/** Insert messages by their seq, without those already held and those of the next older page. */
export function insert(timeline: Timeline, arrived: readonly MessageFrame[]): Timeline {
  const here = arrived.filter((message) => message.room === timeline.room);
  const oldest = timeline.older ?? 0;
  const messages = merge(
    timeline.messages,
    here.filter((message) => message.seq >= oldest),
  );
  const acknowledged = new Set(here.map((message) => message.nonce));
  const outbox = timeline.outbox.filter((entry) => !acknowledged.has(entry.nonce));
  const known = here.reduce((newest, { seq }) => Math.max(newest, seq), timeline.known);
  return { ...timeline, messages, outbox, known, through: advance(messages, timeline.through) };
}

/** Start with the newest page; messages that were pushed meanwhile are kept. */
export function startWith(timeline: Timeline, frame: HistoryFrame): Timeline {
  const page = ascending(frame.messages);
  const first = page[0]?.seq ?? 0;
  const base: Timeline = {
    ...timeline,
    epoch: frame.epoch,
    proven: true,
    messages: timeline.messages.filter((message) => message.seq >= first),
    through: page.at(-1)?.seq ?? 0,
    older: frame.prev,
    catchUp: "none",
    catchUpTries: 0,
  };
  return insert(base, page);
}

/** Drop messages far out of view; they can be fetched again. */
export function trimmed(timeline: Timeline): Timeline {
  const { messages, through, following } = timeline;
  if (through === null) return timeline;
  if (following) return messages.length > MAX_FOLLOWED ? dropOldest(timeline) : timeline;
  return messages.length > MAX_READ_BACK ? dropNewest(timeline, through) : timeline;
}

/** Whether a reader far above holds so much that newer messages are not taken in. */
export function isFull({ messages, following }: Timeline): boolean {
  return !following && messages.length >= MAX_READ_BACK;
}

function dropOldest(timeline: Timeline): Timeline {
  const messages = timeline.messages.slice(-KEPT_AFTER_TRIM);
  return { ...timeline, messages, older: messages[0]?.seq ?? null };
}

function dropNewest(timeline: Timeline, through: number): Timeline {
  const messages = timeline.messages.slice(0, MAX_READ_BACK);
  return { ...timeline, messages, through: Math.min(through, messages.at(-1)?.seq ?? 0) };
}

function merge(
  messages: readonly MessageFrame[],
  arrived: readonly MessageFrame[],
): readonly MessageFrame[] {
  const newest = messages.at(-1)?.seq ?? 0;
  const [first] = arrived;
  if (arrived.length === 1 && first && first.seq > newest) return [...messages, first];
  const held = new Map(messages.map((message) => [message.seq, message]));
  const fresh = arrived.filter((message) => !held.has(message.seq));
  for (const message of fresh) held.set(message.seq, message);
  return fresh.length === 0 ? messages : ascending([...held.values()]);
}

export function ascending(messages: readonly MessageFrame[]): MessageFrame[] {
  return [...messages].sort((one, other) => one.seq - other.seq);
}

/** Return the last seq before a gap, when there is none up to `through`. */
function advance(messages: readonly MessageFrame[], through: number | null): number | null {
  if (through === null) return null;
  let reached = through;
  const next = messages.findLastIndex((message) => message.seq <= through) + 1;
  for (const { seq } of messages.slice(next)) if (seq === reached + 1) reached = seq;
  return reached;
}
