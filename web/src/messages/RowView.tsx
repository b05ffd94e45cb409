/** One row of the log: a day, a divider, or a message with its state of delivery. */

import { memo, type ReactNode } from "react";
import { Body } from "../markdown/Body";
import { STRINGS } from "../strings";
import type { Draft } from "../timeline/model";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { dayName, momentOf, timeOf } from "./dates";
import type { MessageRow, Row } from "./rows";

const WORDS = STRINGS.log;

export type DraftActions = {
  onRetry: (nonce: string) => void;
  onEdit: (draft: Draft) => void;
  onDiscard: (nonce: string) => void;
};

type DeliveryContext = DraftActions & { online: boolean };

export function RowView({ row, online, ...actions }: DeliveryContext & { row: Row }) {
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
      const { key, kind, draft, ...message } = row;
      const delivery = draft && <Delivery draft={draft} online={online} {...actions} />;
      return <Message {...message} state={stateOf(draft, online)} delivery={delivery} />;
    }
  }
}

type DeliveryState = Draft["name"] | "sent";

function stateOf(draft: Draft | null, online: boolean): DeliveryState {
  if (draft === null) return "sent";
  return draft.name === "waiting" && online ? "sending" : draft.name;
}

type MessageProps = Omit<MessageRow, "kind" | "key" | "draft"> & {
  state: DeliveryState;
  delivery: ReactNode;
};

/** Finds the elements of messages. */
export const MESSAGE_SELECTOR = "li.msg";

/** Memoized, so that a key press or a new message does not render five hundred old ones again. */
const Message = memo(function Message(props: MessageProps) {
  const { seq, userId, username, mine, text, at, grouped, state, delivery } = props;
  const name = mine ? WORDS.you : username;
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
          <b>
            <bdi>{name}</bdi>
          </b>
          {!grouped && <Time at={at} />}
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

function Delivery({ draft, online, ...actions }: DeliveryContext & { draft: Draft }) {
  if (draft.name === "failed") return <Failed draft={draft} reason={draft.reason} {...actions} />;
  return (
    <div className="state late">
      <Icon name="clock" small />
      {online ? STRINGS.delivery.sending : STRINGS.delivery.waiting}
    </div>
  );
}

type FailedProps = DraftActions & { draft: Draft; reason: string };

function Failed({ draft, reason, onRetry, onEdit, onDiscard }: FailedProps) {
  return (
    <div className="state bad">
      <Icon name="warning" small />
      <span>{STRINGS.delivery.failed(reason)}</span>
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
}
