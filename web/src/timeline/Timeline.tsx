/** The log of a room: who said what, when, and how far my own words have got. */

import { memo, type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { dayName, momentOf, timeOf } from "../ui/when";
import { type Row, rowsOf, type Said } from "./rows";
import type { Draft, Timeline as RoomTimeline } from "./timeline";
import { useAnchoredScroll } from "./useAnchoredScroll";
import "./timeline.css";

type DraftVerbs = {
  onRetry: (nonce: string) => void;
  onEdit: (draft: Draft) => void;
  onDiscard: (nonce: string) => void;
};

type TimelineProps = DraftVerbs & { timeline: RoomTimeline; onOlder: () => void };

export function Timeline({ timeline, onOlder, ...verbs }: TimelineProps) {
  const log = useRef<HTMLElement>(null);
  const { atEnd, noticePlace, toEnd } = useAnchoredScroll(log);
  const rows = useMemo(() => rowsOf(timeline), [timeline]);
  const unseen = useUnseen(timeline, atEnd);
  useOwnWordsShown(timeline, toEnd);

  function onScroll() {
    noticePlace();
    if (log.current && isNearTop(log.current)) onOlder();
  }

  return (
    <div className="log-frame">
      <section
        ref={log}
        className="log"
        role="log"
        aria-live="off"
        aria-label={`Messages in ${timeline.room}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        <ol>
          <Beginning timeline={timeline} onOlder={onOlder} />
          {rows.map((row) => (
            <RowView key={row.key} row={row} online={timeline.online} {...verbs} />
          ))}
        </ol>
      </section>
      {!atEnd && <Pill unseen={unseen} onClick={toEnd} />}
    </div>
  );
}

/** The top of the list: more to load, nothing yet, or still on its way. */
function Beginning({ timeline, onOlder }: { timeline: RoomTimeline; onOlder: () => void }) {
  const { through, older, fetchingOlder, messages, outbox } = timeline;
  if (through === null) return <li className="beginning late">Loading messages…</li>;
  if (fetchingOlder) return <li className="beginning">Loading earlier messages…</li>;
  if (older !== null)
    return (
      <li className="beginning">
        <button type="button" className="link" onClick={onOlder}>
          Show earlier messages
        </button>
      </li>
    );
  if (messages.length + outbox.length > 0) return null;
  return <li className="beginning">Nobody has said anything yet. Start the conversation.</li>;
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
    case "reset":
      return (
        <li className="day" data-row="">
          <span>The history changed while you were away. It continues here.</span>
        </li>
      );
    case "said": {
      const { key, kind, draft, ...said } = row;
      const delivery = draft && <Delivery draft={draft} online={online} {...verbs} />;
      return <SaidRow {...said} state={draft?.name} delivery={delivery} />;
    }
  }
}

type SaidProps = Omit<Said, "kind" | "key" | "draft"> & {
  state: Draft["name"] | undefined;
  delivery: ReactNode;
};

/** Remembered, so that a key press or a new message does not draw five hundred old ones again. */
const SaidRow = memo(function SaidRow(props: SaidProps) {
  const { userId, username, mine, text, at, joined, state, delivery } = props;
  const name = mine ? "You" : username;
  return (
    <li className={joined ? "msg" : "msg first"} data-row="" data-delivery={state}>
      {joined ? <Time at={at} className="gutter" /> : <Avatar id={userId} name={username} />}
      <div className="col">
        <div className={joined ? "sr" : "by"}>
          <b>
            <bdi>{name}</bdi>
          </b>
          {!joined && <Time at={at} />}
        </div>
        <p className="body" dir="auto">
          {text}
        </p>
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
        <span>Not delivered. {draft.reason}</span>
        <button type="button" onClick={() => onRetry(draft.nonce)}>
          Try again
        </button>
        <button type="button" onClick={() => onEdit(draft)}>
          Edit
        </button>
        <button type="button" onClick={() => onDiscard(draft.nonce)}>
          Delete
        </button>
      </div>
    );
  return (
    <div className="state late">
      <Icon name="clock" small />
      {online ? "Sending" : "Waiting for connection"}
    </div>
  );
}

function Pill({ unseen, onClick }: { unseen: number; onClick: () => void }) {
  return (
    <button type="button" className="pill" onClick={onClick}>
      <Icon name="down" small />
      {unseen === 0 ? "Latest" : unseen === 1 ? "1 new message" : `${unseen} new messages`}
    </button>
  );
}

/** How much others said since the reader left the end. */
function useUnseen({ messages, me }: RoomTimeline, atEnd: boolean): number {
  const newest = messages.at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(newest);
  if (atEnd && seen !== newest) setSeen(newest);
  return messages.filter(({ seq, userId }) => seq > seen && userId !== me?.userId).length;
}

/** What I send I want to see, wherever I was reading. */
function useOwnWordsShown({ outbox }: RoomTimeline, toEnd: () => void): void {
  const newest = outbox.at(-1)?.nonce;
  useLayoutEffect(() => {
    if (newest !== undefined) toEnd();
  }, [newest, toEnd]);
}

/** Two screens before the top is early enough to never see the end of what is loaded. */
function isNearTop(log: HTMLElement): boolean {
  return log.scrollTop < 2 * log.clientHeight;
}
