/** One row of the log: a day, a divider, or a message with its state of delivery. */

import { memo, type ReactNode } from "react";
import { Body } from "../markdown/Body";
import type { Author } from "../moderation/author";
import { STRINGS } from "../strings";
import type { OutboxEntry } from "../timeline/model";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { dayName, momentOf, timeOf } from "./dates";
import type { MessageRow, Row } from "./rows";

const WORDS = STRINGS.log;

export type EntryActions = {
  onRetry: (nonce: string) => void;
  onEdit: (entry: OutboxEntry) => void;
  onDiscard: (nonce: string) => void;
};

/** Begins what a moderator does about the author of a message; null for others. */
export type OnAuthor = ((author: Author) => void) | null;

type DeliveryContext = EntryActions & { online: boolean };

type RowProps = DeliveryContext & { row: Row; onAuthor: OnAuthor };

export function RowView({ row, online, onAuthor, ...actions }: RowProps) {
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
    case "message": {
      const { key, kind, entry, ...message } = row;
      const delivery = entry && <Delivery entry={entry} online={online} {...actions} />;
      return (
        <Message
          {...message}
          state={stateOf(entry, online)}
          delivery={delivery}
          onAuthor={onAuthor}
        />
      );
    }
  }
}

type DeliveryState = OutboxEntry["name"] | "sent";

function stateOf(entry: OutboxEntry | null, online: boolean): DeliveryState {
  if (entry === null) return "sent";
  return entry.name === "waiting" && online ? "sending" : entry.name;
}

type MessageProps = Omit<MessageRow, "kind" | "key" | "entry"> & {
  state: DeliveryState;
  delivery: ReactNode;
  onAuthor: OnAuthor;
};

/** Finds the elements of messages. */
export const MESSAGE_SELECTOR = "li.msg";

/** Memoized, so that a key press or a new message does not render five hundred old ones again. */
const Message = memo(function Message(props: MessageProps) {
  const { seq, userId, username, text, at, grouped, state, delivery } = props;
  return (
    <li
      className={grouped ? "msg" : "msg first"}
      data-row=""
      data-seq={seq ?? undefined}
      data-state={state}
      tabIndex={-1}
    >
      {grouped ? <Time at={at} className="gutter" /> : <Avatar id={userId} name={username} />}
      <div className="col">
        <div className={grouped ? "sr" : "by"}>
          <AuthorName {...props} />
          {!grouped && <Time at={at} />}
        </div>
        {/* A changed text gets a new element: a translator may have replaced the old one's nodes. */}
        <Body key={text} text={text} />
        {delivery}
      </div>
    </li>
  );
});

/** Of others a moderator's page has a button; Enter on the row presses it, so it is no tab stop. */
function AuthorName({ userId, username, mine, unclaimed, onAuthor }: MessageProps) {
  const name = (
    <b className={unclaimed ? "unverified" : undefined}>
      <bdi>{mine ? WORDS.you : username}</bdi>
    </b>
  );
  return (
    <>
      {mine || !onAuthor ? (
        <span title={unclaimed ? WORDS.unverified : undefined}>{name}</span>
      ) : (
        <button
          type="button"
          className="author"
          tabIndex={-1}
          aria-haspopup="dialog"
          title={unclaimed ? WORDS.unverified : undefined}
          onClick={() => onAuthor({ userId, username, unclaimed })}
        >
          {name}
        </button>
      )}
      {unclaimed && <span className="sr">{WORDS.unverified}</span>}
    </>
  );
}

function Time({ at, className }: { at: number; className?: string }) {
  return (
    <time className={className} dateTime={new Date(at).toISOString()} title={momentOf(at)}>
      {timeOf(at)}
    </time>
  );
}

function Delivery({ entry, online, ...actions }: DeliveryContext & { entry: OutboxEntry }) {
  if (entry.name === "failed") return <Failed entry={entry} reason={entry.reason} {...actions} />;
  return (
    <div className="state late">
      <Icon name="clock" small />
      <span>{online ? STRINGS.delivery.sending : STRINGS.delivery.waiting}</span>
    </div>
  );
}

type FailedProps = EntryActions & { entry: OutboxEntry; reason: string | null };

function Failed({ entry, reason, onRetry, onEdit, onDiscard }: FailedProps) {
  return (
    <div className="state bad">
      <Icon name="warning" small />
      <span>{STRINGS.delivery.failed(reason ?? STRINGS.delivery.unanswered)}</span>
      <button type="button" onClick={() => onRetry(entry.nonce)}>
        {STRINGS.delivery.retry}
      </button>
      <button type="button" onClick={() => onEdit(entry)}>
        {STRINGS.delivery.edit}
      </button>
      <button type="button" onClick={() => onDiscard(entry.nonce)}>
        {STRINGS.delivery.discard}
      </button>
    </div>
  );
}
