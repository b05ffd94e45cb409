/** Turns a timeline into the rows of the log: days, groups of messages, and messages under way. */

import type { OutboxEntry, Timeline } from "../timeline/model";
import type { ReadState } from "../timeline/readState";
import type { MessageFrame, User } from "../wire/frames";

export type Row =
  | { kind: "day"; key: string; day: number }
  | { kind: "reset"; key: string }
  | { kind: "new"; key: string; count: number }
  | MessageRow;

/** A stored or unsent message. Its key is the nonce where there is one, so it keeps its row when sent. */
export type MessageRow = {
  kind: "message";
  key: string;
  /** Null until the server has stored it. */
  seq: number | null;
  userId: string;
  username: string;
  mine: boolean;
  /** It was sent under a name that was nobody's. */
  unclaimed: boolean;
  text: string;
  at: number;
  /** It follows a message of the same author, so its name and picture are not repeated. */
  grouped: boolean;
  /** Null once the server has stored it. */
  entry: OutboxEntry | null;
};

const GROUP_WITHIN_MS = 5 * 60_000;

export function rowsOf(timeline: Timeline, divider: ReadState["divider"] = null): Row[] {
  const rows: Row[] = [];
  let above: MessageRow | null = null;
  for (const message of allMessages(timeline)) {
    const startsNew = divider !== null && isFirstAfter(divider.after, above, message);
    if (isReset(timeline, message)) rows.push({ kind: "reset", key: "reset" });
    const startsDay: boolean = above === null || dayOf(above.at) !== dayOf(message.at);
    if (startsDay) rows.push({ kind: "day", key: `day-${message.key}`, day: dayOf(message.at) });
    if (startsNew) rows.push({ kind: "new", key: "new", count: divider.count });
    const startsGroup = startsDay || startsNew || above === null || !continues(above, message);
    const row: MessageRow = { ...message, grouped: !startsGroup };
    rows.push(row);
    above = row;
  }
  return rows;
}

function allMessages(timeline: Timeline): MessageRow[] {
  const { me, messages, outbox } = timeline;
  const sent = messages.map((message) => fromMessage(message, me?.userId));
  const entries = me ? outbox.map((entry) => fromEntry(entry, me)) : [];
  return [...sent, ...entries];
}

function fromMessage(message: MessageFrame, myId: string | undefined): MessageRow {
  const { userId, username, seq } = message;
  return {
    kind: "message",
    key: message.nonce ?? message.messageId,
    userId,
    username,
    mine: userId === myId,
    unclaimed: message.unclaimed === true,
    text: message.message,
    at: Date.parse(message.timestamp),
    grouped: false,
    entry: null,
    seq,
  };
}

function fromEntry(entry: OutboxEntry, me: User): MessageRow {
  const { nonce: key, text, writtenAt: at } = entry;
  const { userId, username } = me;
  const mine = { userId, username, mine: true, unclaimed: false };
  return { kind: "message", key, seq: null, ...mine, text, at, grouped: false, entry };
}

function isReset(timeline: Timeline, message: MessageRow): boolean {
  return timeline.resetAt !== null && message.seq === timeline.resetAt;
}

function isFirstAfter(after: number, above: MessageRow | null, message: MessageRow): boolean {
  return message.seq !== null && message.seq > after && (above?.seq ?? 0) <= after;
}

function continues(above: MessageRow, message: MessageRow): boolean {
  return above.userId === message.userId && Math.abs(message.at - above.at) < GROUP_WITHIN_MS;
}

/** Midnight in the reader's time zone. */
function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
