/** What the page knows of one room, and what its rules ask the store to do. */

import type { ClientCommand, HelloFrame, MessageFrame } from "../wire/frames";

type Person = HelloFrame["user"];

/** Something I wrote that the server has not kept yet. Its nonce makes every retry harmless. */
export type Draft = Writing &
  ({ name: "waiting" } | { name: "sending" } | { name: "failed"; reason: string });

export type Writing = { nonce: string; text: string; writtenAt: number };

export type Timeline = {
  readonly room: string;
  readonly me: Person | null;
  /** Whether the server has said hello on the present connection. */
  readonly online: boolean;
  readonly epoch: string | null;
  /** In the order of `seq`. */
  readonly messages: readonly MessageFrame[];
  /** Nothing is missing up to this seq; null until the first page is here. */
  readonly through: number | null;
  /** The newest seq that we heard of. */
  readonly known: number;
  readonly catchUp: "none" | "soon" | "asked";
  /** Fruitless tries to catch up, which come ever more slowly. */
  readonly catchUpTries: number;
  /** The `before` of the next older page, null at the start of the room. */
  readonly older: number | null;
  readonly fetchingOlder: boolean;
  /** Where the log begins anew: what was above is gone or was never loaded. */
  readonly resetAt: number | null;
  readonly outbox: readonly Draft[];
  /** How often something was written here: each time one wants to see it. */
  readonly written: number;
  /** The server asked for a pause before the next send. */
  readonly paused: boolean;
  readonly sendTries: number;
  /** What this device kept is still being read: a word from before must go out before a new one. */
  readonly restoring: boolean;
  /** The end is before the reader's eyes, so what is far above may be let go. */
  readonly following: boolean;
};

/** What a device keeps of a room: the newest messages without a hole, to show them at once. */
export type Snapshot = { me: Person; epoch: string; messages: MessageFrame[] };

export type Command = ClientCommand & { id: string };

export type Effect =
  | { type: "ask"; command: Command }
  | { type: "later"; what: "catchUp" | "send"; ms: number };

export type Step = [next: Timeline, ...effects: Effect[]];

export function emptyTimeline(room: string): Timeline {
  return {
    room,
    me: null,
    online: false,
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
