/** Messages that the server has not stored yet: sent one at a time; the nonce makes a retry harmless. */

import type { AckFrame, ErrorFrame } from "../wire/frames";
import { withoutControls } from "../wire/text";
import { insert } from "./log";
import type { OutboxEntry, Step, Timeline } from "./model";
import { requestBackoff } from "./requestBackoff";

const RETRY_AFTER_MS = 1_000;
/** A message that is never answered must not keep back all that follow it. */
const MAX_TRIES = 4;

/** Send the next message. One at a time, so that messages keep the order in which they were written. */
export function sendNext(timeline: Timeline): Step {
  const { online, proven, through, paused, restoring, outbox, room } = timeline;
  const isReady = online && (proven || through === null) && !paused && !restoring;
  if (!isReady || outbox.some((entry) => entry.name === "sending")) return [timeline];
  const first = outbox.find((entry) => entry.name === "waiting");
  if (!first) return [timeline];
  const { nonce, writtenAt, tries = 0 } = first;
  // Half an emoji, as a paste may leave it, can't be encoded as UTF-8; controls would be refused.
  const text = withoutControls(first.text.toWellFormed());
  const sending: OutboxEntry = { nonce, text, writtenAt, name: "sending", tries: tries + 1 };
  return [
    { ...timeline, outbox: outbox.map((entry) => (entry === first ? sending : entry)) },
    {
      type: "ask",
      command: { action: "sendMessage", id: nonce, room, message: text, nonce },
    },
  ];
}

export function acknowledge(timeline: Timeline, frame: AckFrame): Timeline {
  const { me } = timeline;
  const entry = timeline.outbox.find((it) => it.nonce === frame.nonce);
  if (!entry || !me) return timeline;
  const { messageId, room, seq, timestamp, nonce } = frame;
  const { userId, username } = me;
  const author = { userId, username, ...(me.claimed === false && { unclaimed: true as const }) };
  const message = { messageId, room, seq, timestamp, nonce, ...author, message: entry.text };
  return insert({ ...timeline, sendTries: 0 }, [{ type: "message", ...message }]);
}

/** The message being sent was refused: wait and send it again, or mark it failed. */
export function rejectSend(timeline: Timeline, error: ErrorFrame): Step {
  const refused = timeline.outbox.find(
    ({ nonce, name }) => nonce === error.id && name === "sending",
  );
  if (!refused) return [timeline];
  const { nonce, text, writtenAt } = refused;
  const next: OutboxEntry = error.retryable
    ? { nonce, text, writtenAt, name: "waiting" }
    : { nonce, text, writtenAt, name: "failed", reason: error.message };
  const outbox = timeline.outbox.map((entry) => (entry === refused ? next : entry));
  if (!error.retryable) return [{ ...timeline, outbox, sendTries: 0 }];
  const { retryAfterMs } = error;
  const ms = retryAfterMs ?? requestBackoff(RETRY_AFTER_MS, timeline.sendTries);
  // A server that says when to come back has not failed: the next failure waits no longer for it.
  const sendTries = timeline.sendTries + (retryAfterMs === undefined ? 1 : 0);
  return [
    { ...timeline, outbox, paused: true, sendTries },
    { type: "later", what: "send", ms },
  ];
}

export function waiting({ nonce, text, writtenAt }: OutboxEntry): OutboxEntry {
  return { nonce, text, writtenAt, name: "waiting" };
}

/** The connection ended, so no answer comes any more. */
export function requeued(entry: OutboxEntry): OutboxEntry {
  if (entry.name !== "sending") return entry;
  const { nonce, text, writtenAt, tries = 0 } = entry;
  return tries < MAX_TRIES
    ? { nonce, text, writtenAt, name: "waiting", tries }
    : { nonce, text, writtenAt, name: "failed", reason: null };
}
