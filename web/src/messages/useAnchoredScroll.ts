/**
 * Keeps the eye where it is: at the end when it is at the end, else on the row it reads.
 *
 * Where the browser anchors, it does so in step with a scroll that is under way, which a script
 * can't; so it keeps the row. Ours are the end, the first row in sight (at the very top browsers
 * don't anchor), and browsers without anchoring. Never both: the CSS turns theirs off at the end,
 * and whoever scrolls by script takes the anchor from them.
 */

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

type Hold =
  | { name: "end" }
  | { name: "browser" }
  | { name: "words"; words: HTMLElement; top: number };

const NEAR_END_PX = 100;

/** `isWhole`: the log's last row is the newest, so that its end is the end. */
export function useAnchoredScroll(log: RefObject<HTMLElement | null>, isWhole: boolean) {
  const hold = useRef<Hold>({ name: "end" });
  const seenAt = useRef<number | null>(null);
  const reach = useRef<number | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  /** Before the page changes: who scrolled since must not be taken back to an older place. */
  const look = useCallback(() => {
    if (!log.current || log.current.scrollTop === seenAt.current) return;
    seenAt.current = log.current.scrollTop;
    hold.current = placeIn(log.current, isWhole);
  }, [log, isWhole]);

  /** After it. */
  const keep = useCallback(() => {
    if (!log.current) return;
    const now = log.current.scrollHeight - log.current.clientHeight;
    // Who is near the end is taken to it when something came, and not for what changed elsewhere.
    if (hold.current.name !== "end" || now !== reach.current) restore(log.current, hold.current);
    reach.current = now;
    seenAt.current = log.current.scrollTop;
  }, [log]);

  const onScroll = useCallback(() => {
    look();
    setAtEnd(hold.current.name === "end");
    return hold.current.name === "end";
  }, [look]);

  const toEnd = useCallback(() => {
    hold.current = { name: "end" };
    setAtEnd(true);
    reach.current = null;
    keep();
  }, [keep]);

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    // The window, the composer and a phone's keyboard change the room that the log has.
    const observer = new ResizeObserver(() => {
      // A script may have scrolled in this very frame; then its scroll event decides.
      const moved = element.scrollTop !== seenAt.current && belowIn(element) > 1;
      if (!moved) keep();
    });
    for (const each of [element, ...element.children]) observer.observe(each);
    return () => observer.disconnect();
  }, [log, keep]);

  return { atEnd, look, keep, onScroll, toEnd };
}

function restore(log: HTMLElement, hold: Hold): void {
  if (hold.name === "end") log.scrollTop = log.scrollHeight;
  if (hold.name === "words" && hold.words.isConnected)
    log.scrollTop += topIn(log, hold.words) - hold.top;
}

function placeIn(log: HTMLElement, isWhole: boolean): Hold {
  if (isWhole && belowIn(log) < NEAR_END_PX) return { name: "end" };
  const rows = Array.from(log.querySelectorAll<HTMLElement>("[data-row]"));
  const row = rows.find((it) => topIn(log, it) + it.offsetHeight > 0);
  if (!row || (row !== rows[0] && browserAnchors())) return { name: "browser" };
  // The first row has a name above its words, and loses it when it joins an older group.
  const words = row.querySelector<HTMLElement>(".body") ?? row;
  return { name: "words", words, top: topIn(log, words) };
}

function browserAnchors(): boolean {
  return CSS.supports("overflow-anchor", "auto");
}

function belowIn(log: HTMLElement): number {
  return log.scrollHeight - log.scrollTop - log.clientHeight;
}

function topIn(log: HTMLElement, element: HTMLElement): number {
  return element.getBoundingClientRect().top - log.getBoundingClientRect().top;
}
