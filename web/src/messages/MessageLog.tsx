/** The log of a room: its messages, older ones when one scrolls up, and the way back to the latest. */

import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import type { ReadState } from "../timeline/readState";
import { Icon } from "../ui/Icon";
import { AroundUpdate } from "./AroundUpdate";
import { type EntryActions, MESSAGE_SELECTOR, type OnAuthor, RowView } from "./RowView";
import { rowsOf } from "./rows";
import { Skeleton } from "./Skeleton";
import { useAnchoredScroll } from "./useAnchoredScroll";
import { useMounted } from "./useMounted";
import "./log.css";

const WORDS = STRINGS.log;

type LogProps = EntryActions & {
  timeline: Timeline;
  readState: ReadState;
  onAuthor: OnAuthor;
  onOlder: () => void;
  onViewed: (atEnd: boolean, visible: boolean) => void;
};

export function MessageLog(props: LogProps) {
  // Another key for a loaded log: growing out of the loading one would count as layout shift.
  return <Log key={props.timeline.through === null ? "loading" : "loaded"} {...props} />;
}

function Log({ timeline, readState, onOlder, onViewed, ...actions }: LogProps) {
  const log = useRef<HTMLElement>(null);
  const { mounted, hasNewest, showEarlier, showLater, pin, showNewest } = useMounted(timeline);
  const scroll = useAnchoredScroll(log, hasNewest);
  const { atEnd } = scroll;
  const rows = useMemo(() => rowsOf(mounted, readState.divider), [mounted, readState.divider]);
  const oldest = timeline.messages[0]?.seq;
  useViewReport(atEnd, onViewed);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when an older page has come
  useLayoutEffect(() => {
    // At the very top there is nothing left to scroll, so no scroll event would ask for these rows.
    if (!atEnd && log.current && isNearTop(log.current)) showEarlier();
  }, [oldest]);

  function older() {
    if (!showEarlier()) onOlder();
  }

  function latest() {
    showNewest();
    scroll.toEnd();
  }
  useScrollToOwn(timeline, latest);

  function onScroll() {
    if (scroll.onScroll()) showNewest();
    else pin();
    if (!log.current) return;
    if (isNearTop(log.current)) older();
    if (isNearBottom(log.current)) showLater();
  }

  return (
    <div className="log-frame">
      <AroundUpdate before={scroll.capture} after={scroll.restore}>
        <section
          ref={log}
          className="log"
          data-at-end={atEnd}
          role="log"
          aria-live="off"
          aria-label={WORDS.name(timeline.room)}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          onScroll={onScroll}
          onKeyDown={(event) => handleKey(event, log.current, latest)}
        >
          <ol>
            <Beginning timeline={timeline} onOlder={older} />
            {rows.map((row) => (
              <RowView key={row.key} row={row} online={timeline.online} {...actions} />
            ))}
          </ol>
        </section>
      </AroundUpdate>
      {timeline.through === null && rows.length === 0 && <Skeleton />}
      {!atEnd && <Pill unread={readState.unread} onClick={latest} />}
    </div>
  );
}

/** Messages count as read when the end of the log is in view and the page visible. */
function useViewReport(atEnd: boolean, onViewed: LogProps["onViewed"]): void {
  useEffect(() => {
    const report = () => onViewed(atEnd, document.visibilityState === "visible");
    report();
    document.addEventListener("visibilitychange", report);
    return () => document.removeEventListener("visibilitychange", report);
  }, [atEnd, onViewed]);
}

/** The log is one tab stop; the arrow keys move the focus inside it. */
function handleKey(event: KeyboardEvent, log: HTMLElement | null, latest: () => void): void {
  if (event.target !== log && !isMessage(event.target)) return;
  if (event.key === "End") latest();
  else if (event.key === "ArrowUp") moveFocus(log, -1);
  else if (event.key === "ArrowDown") moveFocus(log, 1);
  else if (event.key === "Enter") openAuthor(event.target);
  else return;
  event.preventDefault();
}

function isMessage(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches(MESSAGE_SELECTOR);
}

function openAuthor(row: EventTarget): void {
  if (row instanceof HTMLElement) row.querySelector<HTMLElement>("button.author")?.click();
}

function moveFocus(log: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(log?.querySelectorAll<HTMLElement>(MESSAGE_SELECTOR) ?? [])];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at === -1 ? rows.length - 1 : at + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

/** The top of the log: more to load, empty, or still loading. */
function Beginning({ timeline, onOlder }: { timeline: Timeline; onOlder: () => void }) {
  const { through, older, fetchingOlder, messages, outbox } = timeline;
  if (through === null) return <li className="sr">{WORDS.loading}</li>;
  if (fetchingOlder) return <li className="beginning">{WORDS.loadingEarlier}</li>;
  if (older !== null)
    return (
      <li className="beginning">
        <button type="button" className="link" onClick={onOlder}>
          {WORDS.showEarlier}
        </button>
      </li>
    );
  if (messages.length + outbox.length > 0) return null;
  return <li className="beginning">{WORDS.empty}</li>;
}

function Pill({ unread, onClick }: { unread: number; onClick: () => void }) {
  return (
    <button type="button" className="pill" onClick={onClick}>
      <Icon name="down" small />
      <span>{unread === 0 ? WORDS.latest : WORDS.newBelow(unread)}</span>
    </button>
  );
}

/** Sending a message scrolls to it, wherever one was reading. */
function useScrollToOwn({ written }: Timeline, toEnd: () => void): void {
  const scroll = useRef(toEnd);
  useLayoutEffect(() => {
    scroll.current = toEnd;
  });
  useLayoutEffect(() => {
    if (written > 0) scroll.current();
  }, [written]);
}

/** Two screens before the top is early enough to never reach the end of what is loaded. */
function isNearTop(log: HTMLElement): boolean {
  return log.scrollTop < 2 * log.clientHeight;
}

function isNearBottom(log: HTMLElement): boolean {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 2 * log.clientHeight;
}
