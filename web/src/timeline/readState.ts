/** What the user has read, and where the divider above the new messages stands. */

import type { MessageFrame } from "../wire/frames";

export type ReadState = {
  /** The log that was read; null while that is not known. */
  readonly epoch: string | null;
  /** Everything up to this seq has been in view; null until the first messages come. */
  readonly lastRead: number | null;
  /** Stays where it is after the messages are read, and says how many were new. */
  readonly divider: { readonly after: number; readonly count: number } | null;
  /** How many messages of others came since. */
  readonly unread: number;
};

export const NOTHING_READ: ReadState = {
  epoch: null,
  lastRead: null,
  divider: null,
  unread: 0,
};

/** The part of a timeline that decides it. */
export type Log = {
  readonly messages: readonly MessageFrame[];
  readonly epoch: string | null;
  /** The newest seq on the server, null until it has said that this is its log. */
  readonly head: number | null;
  readonly myId: string | undefined;
  /** How far it was read in any tab, as far as this device knows. */
  readonly readAnywhere: number;
};

/** Return the next state for what the log holds now; `watching`: its end is in view. */
export function updateReadState(
  readState: ReadState,
  { messages, epoch, head, myId, readAnywhere }: Log,
  watching: boolean,
): ReadState {
  const newest = messages.at(-1)?.seq ?? 0;
  if (readState.lastRead === null) return { ...readState, epoch, lastRead: newest };
  const isOther = !isSameEpoch(readState.epoch, epoch);
  // What this device stored may be of a log that another tab knows to be gone.
  if (isOther && head === null) return readState;
  // The log was replaced: nothing of the new one counts as read or as unread.
  if (isOther || (head !== null && head < readState.lastRead))
    return { epoch, lastRead: newest, divider: null, unread: 0 };
  // The messages stored on this device may be older than what was read.
  const read = Math.max(readState.lastRead, Math.min(newest, readAnywhere));
  const lastRead = watching ? Math.max(read, newest) : read;
  const unread = watching ? 0 : countAfter(messages, read, myId);
  const isSame = lastRead === readState.lastRead && unread === readState.unread;
  if (isSame && epoch === readState.epoch) return readState;
  if (unread > 0) return { epoch, lastRead, divider: { after: read, count: unread }, unread };
  // What was read in another tab is not new in this one.
  const isReadElsewhere = !watching && read > readState.lastRead;
  return { epoch, lastRead, divider: isReadElsewhere ? null : readState.divider, unread };
}

/** An unknown one is taken for any. */
export function isSameEpoch(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
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
