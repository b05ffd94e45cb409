/**
 * Keeps the reading position when the log changes: at the end, else on the message that is read.
 *
 * Where the browser has scroll anchoring, it works during a scroll, which a script can't; so it keeps
 * the position of most rows. This hook does the rest: the end, the first visible row at the very top
 * (browsers don't anchor there), and browsers without anchoring. Never both: the CSS turns the
 * browser's off at the end, and setting `scrollTop` moves its anchor.
 */

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

type Anchor =
  | { name: "end" }
  | { name: "browser" }
  | { name: "element"; element: HTMLElement; top: number };

const NEAR_END_PX = 100;

/** `hasNewest`: the log's last row is the newest message, so that its end is the end. */
export function useAnchoredScroll(log: RefObject<HTMLElement | null>, hasNewest: boolean) {
  const anchor = useRef<Anchor>({ name: "end" });
  const capturedAt = useRef<number | null>(null);
  const maxScroll = useRef<number | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  /** Before the page changes: find the anchor again if the user has scrolled since. */
  const capture = useCallback(() => {
    if (!log.current || log.current.scrollTop === capturedAt.current) return;
    capturedAt.current = log.current.scrollTop;
    anchor.current = anchorIn(log.current, hasNewest);
  }, [log, hasNewest]);

  /** After the page has changed: scroll so that the anchor is where it was. */
  const restore = useCallback(() => {
    if (!log.current) return;
    const now = log.current.scrollHeight - log.current.clientHeight;
    // Near the end, scroll to it only when the log has changed, not for changes elsewhere.
    if (anchor.current.name !== "end" || now !== maxScroll.current)
      scrollTo(log.current, anchor.current);
    maxScroll.current = now;
    capturedAt.current = log.current.scrollTop;
  }, [log]);

  const onScroll = useCallback(() => {
    capture();
    setAtEnd(anchor.current.name === "end");
    return anchor.current.name === "end";
  }, [capture]);

  const toEnd = useCallback(() => {
    anchor.current = { name: "end" };
    setAtEnd(true);
    maxScroll.current = null;
    restore();
  }, [restore]);

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    // The window, the composer and a phone's keyboard change the height of the log.
    const observer = new ResizeObserver(() => {
      // A script may have scrolled in this very frame; then its scroll event decides.
      const moved = element.scrollTop !== capturedAt.current && belowIn(element) > 1;
      if (!moved) restore();
    });
    for (const each of [element, ...element.children]) observer.observe(each);
    return () => observer.disconnect();
  }, [log, restore]);

  return { atEnd, capture, restore, onScroll, toEnd };
}

function scrollTo(log: HTMLElement, anchor: Anchor): void {
  if (anchor.name === "end") log.scrollTop = log.scrollHeight;
  if (anchor.name === "element" && anchor.element.isConnected)
    log.scrollTop += topIn(log, anchor.element) - anchor.top;
}

function anchorIn(log: HTMLElement, hasNewest: boolean): Anchor {
  if (hasNewest && belowIn(log) < NEAR_END_PX) return { name: "end" };
  const rows = Array.from(log.querySelectorAll<HTMLElement>("[data-row]"));
  const row = rows.find((it) => topIn(log, it) + it.offsetHeight > 0);
  if (!row || (row !== rows[0] && browserAnchors())) return { name: "browser" };
  // The first row has a name above its text, and loses it when it joins an older group.
  const element = row.querySelector<HTMLElement>(".body") ?? row;
  return { name: "element", element, top: topIn(log, element) };
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
