/**
 * Keeps the eye where it is: at the end when it is at the end, else on the row it reads.
 *
 * Browsers anchor scrolling too, but not all of them and never at the very top, and two mechanisms
 * fight; so the log's CSS turns theirs off.
 */

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

type Hold = { name: "end" } | { name: "row"; row: HTMLElement; top: number };

const NEAR_END_PX = 100;

export function useAnchoredScroll(log: RefObject<HTMLElement | null>) {
  const hold = useRef<Hold>({ name: "end" });
  const placedAt = useRef<number | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  const keepPlace = useCallback(() => {
    if (!log.current) return;
    restore(log.current, hold.current);
    placedAt.current = log.current.scrollTop;
  }, [log]);

  /** On a scroll by the reader; our own must not move the hold while heights are still guessed. */
  const noticePlace = useCallback(() => {
    if (!log.current || log.current.scrollTop === placedAt.current) return;
    placedAt.current = null;
    hold.current = placeIn(log.current);
    setAtEnd(hold.current.name === "end");
  }, [log]);

  const toEnd = useCallback(() => {
    hold.current = { name: "end" };
    setAtEnd(true);
    keepPlace();
  }, [keepPlace]);

  useLayoutEffect(keepPlace);
  useLayoutEffect(() => {
    // Rows far away have guessed heights until they come near, and the window can be resized.
    const observer = new ResizeObserver(keepPlace);
    for (const element of [log.current, ...(log.current?.children ?? [])])
      if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [log, keepPlace]);

  return { atEnd, noticePlace, toEnd };
}

function restore(log: HTMLElement, hold: Hold): void {
  if (hold.name === "end") log.scrollTop = log.scrollHeight;
  else if (hold.row.isConnected) log.scrollTop += topIn(log, hold.row) - hold.top;
}

function placeIn(log: HTMLElement): Hold {
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (below < NEAR_END_PX) return { name: "end" };
  const rows = log.querySelectorAll<HTMLElement>("[data-row]");
  const row = Array.from(rows).find((it) => topIn(log, it) + it.offsetHeight > 0);
  return row ? { name: "row", row, top: topIn(log, row) } : { name: "end" };
}

function topIn(log: HTMLElement, row: HTMLElement): number {
  return row.getBoundingClientRect().top - log.getBoundingClientRect().top;
}
