/**
 * Which of the held messages stand in the page: at most 500.
 *
 * Who is at the end sees the newest. Who reads further up has a first row that stays, whatever is
 * said meanwhile; what is too much leaves at the end away from the eye.
 */

import type { MessageFrame } from "../wire/frames";

/** The seq of the first row, or null for the newest that there are. */
export type First = number | null;

type Slice = { readonly start: number; readonly end: number };

export const MOST_MOUNTED = 500;
const STEP = 100;

type Messages = readonly MessageFrame[];

export function sliceOf(messages: Messages, first: First): Slice {
  const newest = Math.max(0, messages.length - MOST_MOUNTED);
  const found = first === null ? -1 : messages.findIndex(({ seq }) => seq >= first);
  const start = found === -1 ? newest : Math.min(found, newest);
  return { start, end: Math.min(messages.length, start + MOST_MOUNTED) };
}

/** The first row when earlier ones are wanted; the same when none are held. */
export function earlier(messages: Messages, first: First): First {
  const { start } = sliceOf(messages, first);
  return start === 0 ? first : seqAt(messages, start - STEP);
}

/** The first row when later ones are wanted; the same when none are held. */
export function later(messages: Messages, first: First): First {
  const { start, end } = sliceOf(messages, first);
  const behind = messages.length - end;
  return behind === 0 ? first : seqAt(messages, start + Math.min(STEP, behind));
}

/** The first row that there is now, so that it stays. */
export function pinned(messages: Messages, first: First): First {
  return seqAt(messages, sliceOf(messages, first).start);
}

function seqAt(messages: Messages, index: number): First {
  return messages[Math.max(0, index)]?.seq ?? null;
}
