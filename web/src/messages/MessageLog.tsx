/** The log of a room: who said what, when, and how far my own words have got. */

import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Body } from "../markdown/Body";
import { STRINGS } from "../strings";
import type { Draft, Timeline } from "../timeline/model";
import type { Reading } from "../timeline/readState";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { BeforeChange } from "./AroundUpdate";
import { dayName, momentOf, timeOf } from "./dates";
import { earlier, type First, later, pinned, sliceOf } from "./mounted";
import { type Row, rowsOf, type Said } from "./rows";
import { Skeleton } from "./Skeleton";
import { useAnchoredScroll } from "./useAnchoredScroll";
import "./log.css";

const WORDS = STRINGS.log;

type DraftVerbs = {
  onRetry: (nonce: string) => void;
  onEdit: (draft: Draft) => void;
  onDiscard: (nonce: string) => void;
};

type LogProps = DraftVerbs & {
  timeline: Timeline;
  reading: Reading;
  onOlder: () => void;
  onAttend: (atEnd: boolean, visible: boolean) => void;
};

export function MessageLog(props: LogProps) {
  // A list that is loading must not grow into the one that is here: that counts as moving.
  return <Log key={props.timeline.through === null ? "loading" : "here"} {...props} />;
}

function Log({ timeline, reading, onOlder, onAttend, ...verbs }: LogProps) {
  const log = useRef<HTMLElement>(null);
  const { mounted, isWhole, up, down, stay, toNewest } = useMounted(timeline);
  const { atEnd, look, keep, onScroll, toEnd } = useAnchoredScroll(log, isWhole);
  const rows = useMemo(() => rowsOf(mounted, reading.line), [mounted, reading.line]);
  const oldest = timeline.messages[0]?.seq;
  useAttention(atEnd, onAttend);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when an older page has come
  useLayoutEffect(() => {
    // At the very top there is nothing left to scroll, so nobody would ask for these rows.
    if (!atEnd && log.current && isNearTop(log.current)) up();
  }, [oldest]);

  function older() {
    if (!up()) onOlder();
  }

  function latest() {
    toNewest();
    toEnd();
  }
  useOwnWordsShown(timeline, latest);

  function scrolled() {
    if (onScroll()) toNewest();
    else stay();
    if (!log.current) return;
    if (isNearTop(log.current)) older();
    if (isNearBottom(log.current)) down();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.target !== log.current && !isRow(event.target)) return;
    if (event.key === "End") latest();
    else if (event.key === "ArrowUp" || event.key === "ArrowDown")
      stepRow(log.current, event.key === "ArrowUp" ? -1 : 1);
    else return;
    event.preventDefault();
  }

  return (
    <div className="log-frame">
      <BeforeChange before={look} after={keep}>
        <section
          ref={log}
          className="log"
          data-at-end={atEnd}
          role="log"
          aria-live="off"
          aria-label={WORDS.name(timeline.room)}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          onScroll={scrolled}
          onKeyDown={onKeyDown}
        >
          <ol>
            <Beginning timeline={timeline} onOlder={older} />
            {rows.map((row) => (
              <RowView key={row.key} row={row} online={timeline.online} {...verbs} />
            ))}
          </ol>
        </section>
      </BeforeChange>
      {timeline.through === null && rows.length === 0 && <Skeleton />}
      {!atEnd && <Pill unseen={reading.unread} onClick={latest} />}
    </div>
  );
}

/** The rows that stand in the page; the others are held, and come when one scrolls to them. */
function useMounted(timeline: Timeline) {
  const [first, setFirst] = useState<First>(null);
  const { messages } = timeline;
  const { start, end } = sliceOf(messages, first);
  const isWhole = end === messages.length;
  const mounted = useMemo(
    () =>
      start === 0 && isWhole
        ? timeline
        : {
            ...timeline,
            messages: messages.slice(start, end),
            outbox: isWhole ? timeline.outbox : [],
          },
    [timeline, messages, start, end, isWhole],
  );

  /** Show earlier rows that we hold; false when there are none. */
  function up(): boolean {
    setFirst((now) => earlier(messages, now));
    return start > 0;
  }
  const down = () => setFirst((now) => later(messages, now));
  const stay = () => setFirst((now) => pinned(messages, now));
  const toNewest = () => setFirst(null);
  return { mounted, isWhole, up, down, stay, toNewest };
}

/** Read is what is at the end and before somebody's eyes. */
function useAttention(atEnd: boolean, onAttend: LogProps["onAttend"]): void {
  useEffect(() => {
    const tell = () => onAttend(atEnd, document.visibilityState === "visible");
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [atEnd, onAttend]);
}

function isRow(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches("li.msg");
}

/** One tab stop for the log; the arrows walk inside it. */
function stepRow(log: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(log?.querySelectorAll<HTMLElement>("li.msg") ?? [])];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at === -1 ? rows.length - 1 : at + by];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

/** The top of the list: more to load, nothing yet, or still on its way. */
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

type RowProps = DraftVerbs & { online: boolean };

function RowView({ row, online, ...verbs }: RowProps & { row: Row }) {
  switch (row.kind) {
    case "day":
      return (
        <li className="day">
          <h2>{dayName(row.day, Date.now())}</h2>
        </li>
      );
    case "new":
      return (
        <li className="new">
          <span>{WORDS.newLine(row.count)}</span>
        </li>
      );
    case "reset":
      return (
        <li className="day" data-row="">
          <span>{WORDS.reset}</span>
        </li>
      );
    case "said": {
      const { key, kind, draft, ...said } = row;
      const delivery = draft && <Delivery draft={draft} online={online} {...verbs} />;
      return <SaidRow {...said} state={stateOf(draft, online)} delivery={delivery} />;
    }
  }
}

type DeliveryState = Draft["name"] | "sent";

function stateOf(draft: Draft | null, online: boolean): DeliveryState {
  if (draft === null) return "sent";
  return draft.name === "waiting" && online ? "sending" : draft.name;
}

type SaidProps = Omit<Said, "kind" | "key" | "draft"> & {
  state: DeliveryState;
  delivery: ReactNode;
};

/** Remembered, so that a key press or a new message does not draw five hundred old ones again. */
const SaidRow = memo(function SaidRow(props: SaidProps) {
  const { seq, userId, username, mine, text, at, joined, state, delivery } = props;
  const name = mine ? WORDS.you : username;
  return (
    <li
      className={joined ? "msg" : "msg first"}
      data-row=""
      data-seq={seq ?? undefined}
      data-state={state}
      tabIndex={-1}
    >
      {joined ? <Time at={at} className="gutter" /> : <Avatar id={userId} name={username} />}
      <div className="col">
        <div className={joined ? "sr" : "by"}>
          <b>
            <bdi>{name}</bdi>
          </b>
          {!joined && <Time at={at} />}
        </div>
        <Body text={text} />
        {delivery}
      </div>
    </li>
  );
});

function Time({ at, className }: { at: number; className?: string }) {
  return (
    <time className={className} dateTime={new Date(at).toISOString()} title={momentOf(at)}>
      {timeOf(at)}
    </time>
  );
}

type DeliveryProps = RowProps & { draft: Draft };

function Delivery({ draft, online, onRetry, onEdit, onDiscard }: DeliveryProps) {
  if (draft.name === "failed")
    return (
      <div className="state bad">
        <Icon name="warning" small />
        <span>{STRINGS.delivery.failed(draft.reason)}</span>
        <button type="button" onClick={() => onRetry(draft.nonce)}>
          {STRINGS.delivery.retry}
        </button>
        <button type="button" onClick={() => onEdit(draft)}>
          {STRINGS.delivery.edit}
        </button>
        <button type="button" onClick={() => onDiscard(draft.nonce)}>
          {STRINGS.delivery.discard}
        </button>
      </div>
    );
  return (
    <div className="state late">
      <Icon name="clock" small />
      {online ? STRINGS.delivery.sending : STRINGS.delivery.waiting}
    </div>
  );
}

function Pill({ unseen, onClick }: { unseen: number; onClick: () => void }) {
  return (
    <button type="button" className="pill" onClick={onClick}>
      <Icon name="down" small />
      {unseen === 0 ? WORDS.latest : WORDS.newBelow(unseen)}
    </button>
  );
}

/** What I send I want to see, wherever I was reading. */
function useOwnWordsShown({ written }: Timeline, toEnd: () => void): void {
  const show = useRef(toEnd);
  useLayoutEffect(() => {
    show.current = toEnd;
  });
  useLayoutEffect(() => {
    if (written > 0) show.current();
  }, [written]);
}

/** Two screens before the top is early enough to never see the end of what is loaded. */
function isNearTop(log: HTMLElement): boolean {
  return log.scrollTop < 2 * log.clientHeight;
}

function isNearBottom(log: HTMLElement): boolean {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 2 * log.clientHeight;
}
