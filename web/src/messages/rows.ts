/** Turns a timeline into the rows that the page shows: days, groups, and what is on its way. */

import type { Draft, Timeline } from "../timeline/model";
import type { Reading } from "../timeline/readState";
import type { MessageFrame } from "../wire/frames";

export type Row =
  | { kind: "day"; key: string; day: number }
  | { kind: "reset"; key: string }
  | { kind: "new"; key: string; count: number }
  | Said;

/** One thing said, by anybody. Its key is the nonce where there is one, so a row lives on when sent. */
export type Said = {
  kind: "said";
  key: string;
  /** Null until the server has kept it. */
  seq: number | null;
  userId: string;
  username: string;
  mine: boolean;
  text: string;
  at: number;
  joined: boolean;
  draft: Draft | null;
};

const JOINED_WITHIN_MS = 5 * 60_000;

export function rowsOf(timeline: Timeline, line: Reading["line"] = null): Row[] {
  const rows: Row[] = [];
  let above: Said | null = null;
  for (const said of everythingSaid(timeline)) {
    const opensNew = line !== null && isFirstAfter(line.after, above, said);
    if (isReset(timeline, said)) rows.push({ kind: "reset", key: "reset" });
    const opensDay: boolean = above === null || dayOf(above.at) !== dayOf(said.at);
    if (opensDay) rows.push({ kind: "day", key: `day-${said.key}`, day: dayOf(said.at) });
    if (opensNew) rows.push({ kind: "new", key: "new", count: line.count });
    const alone = opensDay || opensNew || above === null;
    const row: Said = { ...said, joined: !alone && above !== null && joins(above, said) };
    rows.push(row);
    above = row;
  }
  return rows;
}

function everythingSaid(timeline: Timeline): Said[] {
  const { me, messages, outbox } = timeline;
  const said = messages.map((message) => fromMessage(message, me?.userId));
  const drafts = me ? outbox.map((draft) => fromDraft(draft, me)) : [];
  return [...said, ...drafts];
}

function fromMessage(message: MessageFrame, myId: string | undefined): Said {
  const { userId, username, seq } = message;
  return {
    kind: "said",
    key: message.nonce ?? message.messageId,
    userId,
    username,
    mine: userId === myId,
    text: message.message,
    at: Date.parse(message.timestamp),
    joined: false,
    draft: null,
    seq,
  };
}

function fromDraft(draft: Draft, me: { userId: string; username: string }): Said {
  const { nonce: key, text, writtenAt: at } = draft;
  return { kind: "said", key, seq: null, ...me, mine: true, text, at, joined: false, draft };
}

function isReset(timeline: Timeline, said: Said): boolean {
  return timeline.resetAt !== null && said.seq === timeline.resetAt;
}

function isFirstAfter(after: number, above: Said | null, said: Said): boolean {
  return said.seq !== null && said.seq > after && (above?.seq ?? 0) <= after;
}

function joins(above: Said, said: Said): boolean {
  return above.userId === said.userId && said.at - above.at < JOINED_WITHIN_MS;
}

/** Midnight, where the reader is. */
function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
