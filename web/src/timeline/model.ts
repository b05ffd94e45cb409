/** What the page knows of one room, and what its rules ask the store to do. */

import type { ClientCommand, HelloFrame, MessageFrame } from "../wire/frames";

type Person = HelloFrame["user"];

/** A message of mine that the server has not stored yet. Its nonce makes every retry harmless. */
export type OutboxEntry = Writing & Delivery;

/**
 * `tries`: how often it was sent without an answer; an older page stored entries without it.
 * `reason`: the server's, null if it had none.
 */
type Delivery =
  | { name: "waiting"; tries?: number }
  | { name: "sending"; tries?: number }
  | { name: "failed"; reason: string | null };

export type Writing = { nonce: string; text: string; writtenAt: number };

/** A place in a log. Without an epoch it is not known in which one. */
export type Position = { readonly epoch: string | null; readonly seq: number };

export type Timeline = {
  readonly room: string;
  readonly me: Person | null;
  /** Whether the server has answered hello on the current connection. */
  readonly online: boolean;
  /** The server has said, on the current connection, that its log goes on where this one ends. */
  readonly proven: boolean;
  readonly epoch: string | null;
  /** In the order of `seq`. */
  readonly messages: readonly MessageFrame[];
  /** Nothing is missing up to this seq; null until the first page is here. */
  readonly through: number | null;
  /** The newest seq that the server has mentioned. */
  readonly known: number;
  readonly catchUp: "none" | "soon" | "asked";
  /** Attempts to catch up that brought nothing; each waits longer than the last. */
  readonly catchUpTries: number;
  /** The `before` of the next older page, null at the start of the room. */
  readonly older: number | null;
  readonly fetchingOlder: boolean;
  /** Where a replaced log begins: what was above is gone or was never loaded. */
  readonly resetAt: number | null;
  readonly outbox: readonly OutboxEntry[];
  /** How many messages were written here: after each, the log scrolls to its end. */
  readonly written: number;
  /** The server asked for a pause before the next send. */
  readonly paused: boolean;
  readonly sendTries: number;
  /** Stored entries are still being read: they must be sent before new ones. */
  readonly restoring: boolean;
  /** The end is in view, so messages far above may be dropped. */
  readonly following: boolean;
};

/** What a device stores of a room: the newest messages without a gap, to show them at once. */
export type Snapshot = { me: Person; epoch: string; messages: MessageFrame[] };

export type Command = ClientCommand & { id: string };

export type Effect = { type: "ask"; command: Command } | { type: "later"; what: Later; ms: number };

/** What is done again after a pause. */
export type Later = "catchUp" | "send" | "older";

export type Step = [next: Timeline, ...effects: Effect[]];

export function emptyTimeline(room: string): Timeline {
  return {
    room,
    me: null,
    online: false,
    proven: false,
    epoch: null,
    messages: [],
    through: null,
    known: 0,
    catchUp: "none",
    catchUpTries: 0,
    older: null,
    fetchingOlder: false,
    resetAt: null,
    outbox: [],
    written: 0,
    paused: false,
    sendTries: 0,
    restoring: false,
    following: true,
  };
}
