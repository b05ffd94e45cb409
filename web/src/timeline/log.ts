/** The messages of a room in the order of their `seq`, whole up to `through`: pages and pushes find their place. */

import type { HistoryFrame, MessageFrame } from "../wire/frames";
import type { Timeline } from "./model";

/** A page that stands open for a week must not grow. */
const MOST_FOLLOWED = 500;
/** Some go at once, so that most that comes moves no row that is there. */
const KEPT_AT_END = 480;
const MOST_READ_BACK = 5_000;

/** Put messages where their seq says; drop what we hold, and what the next older page will bring. */
export function insert(timeline: Timeline, arrived: readonly MessageFrame[]): Timeline {
  const ours = arrived.filter((message) => message.room === timeline.room);
  const oldest = timeline.older ?? 0;
  const messages = merge(
    timeline.messages,
    ours.filter((message) => message.seq >= oldest),
  );
  const kept = new Set(ours.map((message) => message.nonce));
  const outbox = timeline.outbox.filter((draft) => !kept.has(draft.nonce));
  const known = ours.reduce((newest, { seq }) => Math.max(newest, seq), timeline.known);
  return { ...timeline, messages, outbox, known, through: advance(messages, timeline.through) };
}

/** Begin with the newest page; what was pushed meanwhile is already above it. */
export function startWith(timeline: Timeline, frame: HistoryFrame): Timeline {
  const page = ascending(frame.messages);
  const first = page[0]?.seq ?? 0;
  const base: Timeline = {
    ...timeline,
    epoch: frame.epoch,
    messages: timeline.messages.filter((message) => message.seq >= first),
    through: page.at(-1)?.seq ?? 0,
    older: frame.prev,
    catchUp: "none",
    catchUpTries: 0,
  };
  return insert(base, page);
}

/** Let go of what is far from the eye; it can be asked for again. */
export function bounded(timeline: Timeline): Timeline {
  const { messages, through, following } = timeline;
  if (through === null) return timeline;
  if (following) return messages.length > MOST_FOLLOWED ? withoutTop(timeline) : timeline;
  return messages.length > MOST_READ_BACK ? withoutEnd(timeline, through) : timeline;
}

/** Whether there is no room for more below one who reads far above. */
export function isFull({ messages, following }: Timeline): boolean {
  return !following && messages.length >= MOST_READ_BACK;
}

function withoutTop(timeline: Timeline): Timeline {
  const messages = timeline.messages.slice(-KEPT_AT_END);
  return { ...timeline, messages, older: messages[0]?.seq ?? null };
}

function withoutEnd(timeline: Timeline, through: number): Timeline {
  const messages = timeline.messages.slice(0, MOST_READ_BACK);
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

/** How far the log is whole when it was whole up to `through`. */
function advance(messages: readonly MessageFrame[], through: number | null): number | null {
  if (through === null) return null;
  let reached = through;
  const next = messages.findLastIndex((message) => message.seq <= through) + 1;
  for (const { seq } of messages.slice(next)) if (seq === reached + 1) reached = seq;
  return reached;
}
