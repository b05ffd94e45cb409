/**
 * Which of the held messages are mounted in the page.
 *
 * At the end of the log they are the newest. Further up there is a first one that stays, whatever
 * arrives meanwhile; what is over the limit is unmounted at the far side.
 */

import { MAX_FOLLOWED } from "../timeline/log";
import type { MessageFrame } from "../wire/frames";

/** The seq of the first mounted message, or null for the newest messages. */
export type First = number | null;

type Slice = { readonly start: number; readonly end: number };

/** Everything that is held while the end is in view. */
const MAX_MOUNTED = MAX_FOLLOWED;
const STEP = 100;

type Messages = readonly MessageFrame[];

export function sliceOf(messages: Messages, first: First): Slice {
  const newest = Math.max(0, messages.length - MAX_MOUNTED);
  const found = first === null ? -1 : messages.findIndex(({ seq }) => seq >= first);
  const start = found === -1 ? newest : Math.min(found, newest);
  return { start, end: Math.min(messages.length, start + MAX_MOUNTED) };
}

/** The first message when earlier ones are wanted; the same when none are held. */
export function earlier(messages: Messages, first: First): First {
  const { start } = sliceOf(messages, first);
  return start === 0 ? first : seqAt(messages, start - STEP);
}

/** The first message when later ones are wanted; the same when none are held. */
export function later(messages: Messages, first: First): First {
  const { start, end } = sliceOf(messages, first);
  const hidden = messages.length - end;
  return hidden === 0 ? first : seqAt(messages, start + Math.min(STEP, hidden));
}

/** The message that is first now, so that it stays the first. */
export function pinned(messages: Messages, first: First): First {
  return seqAt(messages, sliceOf(messages, first).start);
}

function seqAt(messages: Messages, index: number): First {
  return messages[Math.max(0, index)]?.seq ?? null;
}
