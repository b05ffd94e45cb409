/** How far I have read, and where the line above the new stands. Pure: one reading makes the next. */

import type { MessageFrame } from "../wire/frames";

export type Reading = {
  /** Everything up to this seq has been before my eyes; null until the first messages came. */
  readonly read: number | null;
  /** The line stays where it was, and says what was new when I came back. */
  readonly line: { readonly after: number; readonly count: number } | null;
  /** What others said since, and I have not seen. */
  readonly unread: number;
};

export const NOTHING_READ: Reading = { read: null, line: null, unread: 0 };

/** What the reading goes by. */
export type Log = {
  readonly messages: readonly MessageFrame[];
  /** The newest seq that the server told of, null while it has told nothing. */
  readonly head: number | null;
  readonly myId: string | undefined;
};

/** Take in what the log holds now; `watching` when the end of it is before my eyes. */
export function reckon(
  reading: Reading,
  { messages, head, myId }: Log,
  watching: boolean,
): Reading {
  const newest = messages.at(-1)?.seq ?? 0;
  if (reading.read === null) return { ...reading, read: newest };
  // A log that was replaced begins anew: nothing of it counts as read or new.
  if (head !== null && head < reading.read) return { read: newest, line: null, unread: 0 };
  const unread = watching ? 0 : countAfter(messages, reading.read, myId);
  // What this device kept may be older than what I had read.
  const read = watching ? Math.max(reading.read, newest) : reading.read;
  const line = unread > 0 ? { after: reading.read, count: unread } : reading.line;
  const same = read === reading.read && unread === reading.unread && unread === 0;
  return same ? reading : { read, line, unread };
}

function countAfter(messages: readonly MessageFrame[], seq: number, me: string | undefined) {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (!message || message.seq <= seq) break;
    if (message.userId !== me) count += 1;
  }
  return count;
}
