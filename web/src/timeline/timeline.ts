/**
 * One room as this page knows it: what was said, what is still to be sent, and what is missing.
 *
 * The server's log is the truth and a push is a hint: messages stand in the order of their `seq`,
 * and a hole is asked for. Every verb takes a timeline and gives the next one, with what to do.
 */

import type {
  AckFrame,
  ClientCommand,
  ErrorFrame,
  HelloFrame,
  HistoryFrame,
  MessageFrame,
  PongFrame,
  ResumedFrame,
  ServerFrame,
} from "../wire/frames";

export type Person = HelloFrame["user"];

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

const PAGE = 50; // messages
/** A push may overtake another, so a hole gets a moment to close by itself. */
const HOLE_PATIENCE_MS = 300;
const SEND_PAUSE_MS = 1_000;
const MOST_DOUBLINGS = 5;
/** A page that stands open for a week must not grow. */
const MOST_FOLLOWED = 500;
const MOST_HELD = 5_000;

const OLDER_ID = "older";
const NEWEST_ID = "newest";
const RESUME_ID = "resume";

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
    paused: false,
    sendTries: 0,
    restoring: false,
    following: true,
  };
}

/** What to ask for in `hello`: the log from where we know it without a hole. */
export function cursor(
  timeline: Timeline,
): Record<string, { epoch: string; after: number }> | null {
  const { room, epoch, through } = timeline;
  return epoch === null || through === null ? null : { [room]: { epoch, after: through } };
}

/** Take in whatever the server said. */
export function receive(timeline: Timeline, frame: ServerFrame): Step {
  switch (frame.type) {
    case "hello":
      return welcome(timeline, frame);
    case "message":
      return pump(insert(timeline, [frame]));
    case "ack":
      return acknowledge(timeline, frame);
    case "history":
      return frame.id === OLDER_ID ? olderPage(timeline, frame) : newestPage(timeline, frame);
    case "resumed":
      return resume(timeline, frame);
    case "pong":
      return compareHeads(timeline, frame);
    case "error":
      return refuse(timeline, frame);
    case "closing":
      return [timeline];
  }
}

/** The connection is gone: what was on its way has to be asked and sent again. */
export function disconnect(timeline: Timeline): Step {
  const outbox = timeline.outbox.map(unsent);
  const still = { online: false, catchUp: "none", fetchingOlder: false, paused: false } as const;
  // Pushes that no page has joined to a log may belong to one that is replaced by then.
  const unjoined = timeline.through === null ? { messages: [], known: 0 } : {};
  return [{ ...timeline, ...still, ...unjoined, outbox }];
}

export function write(timeline: Timeline, writing: Writing): Step {
  const draft: Draft = { ...writing, name: "waiting" };
  return pump({ ...timeline, outbox: [...timeline.outbox, draft] });
}

/** Send a failed draft again, under the nonce it always had. */
export function retry(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.map((draft) => (draft.nonce === nonce ? waiting(draft) : draft));
  return pump({ ...timeline, outbox });
}

/** Forget a failed draft. One that may be on its way can't be called back. */
export function discard(timeline: Timeline, nonce: string): Step {
  const outbox = timeline.outbox.filter((it) => it.nonce !== nonce || it.name !== "failed");
  return [{ ...timeline, outbox }];
}

/** Bring back what this device kept, unless the server was faster. */
export function restore(
  timeline: Timeline,
  snapshot: Snapshot | null,
  drafts: readonly Draft[],
): Step {
  const mine = new Set([
    ...timeline.outbox.map(({ nonce }) => nonce),
    ...timeline.messages.map(({ nonce }) => nonce),
  ]);
  const back = drafts.filter(({ nonce }) => !mine.has(nonce)).map(unsent);
  const outbox = [...back, ...timeline.outbox];
  const here = { ...timeline, outbox, restoring: false };
  if (!snapshot || timeline.me !== null) return pump(here);
  return pump({ ...here, ...shownFrom(snapshot) });
}

function shownFrom({ me, epoch, messages }: Snapshot): Partial<Timeline> {
  const first = messages[0]?.seq ?? 1;
  const last = messages.at(-1)?.seq ?? 0;
  return { me, epoch, messages, through: last, known: last, older: first > 1 ? first : null };
}

/** What is worth keeping on the device, null while there is nothing. */
export function snapshotOf({ me, epoch, messages, through }: Timeline): Snapshot | null {
  if (!me || epoch === null || through === null) return null;
  const whole = messages.filter(({ seq }) => seq <= through).slice(-PAGE);
  return whole.length === 0 ? null : { me, epoch, messages: whole };
}

export function follow(timeline: Timeline, following: boolean): Step {
  return timeline.following === following ? [timeline] : [bounded({ ...timeline, following })];
}

/** Let go of the top; it can be fetched again. */
function bounded(timeline: Timeline): Timeline {
  const most = timeline.following ? MOST_FOLLOWED : MOST_HELD;
  if (timeline.messages.length <= most || timeline.through === null) return timeline;
  const messages = timeline.messages.slice(-most);
  return { ...timeline, messages, older: messages[0]?.seq ?? null };
}

export function fetchOlder(timeline: Timeline): Step {
  const { room, online, older, fetchingOlder } = timeline;
  if (!online || fetchingOlder || older === null) return [timeline];
  const command: Command = { action: "getHistory", id: OLDER_ID, room, before: older, limit: PAGE };
  return [
    { ...timeline, fetchingOlder: true },
    { type: "ask", command },
  ];
}

/** The patience with a hole is over. */
export function catchUpDue(timeline: Timeline): Step {
  if (timeline.catchUp !== "soon") return [timeline];
  return isBehind(timeline) ? askForMissing(timeline) : [{ ...timeline, catchUp: "none" }];
}

/** The pause that the server asked for is over. */
export function sendDue(timeline: Timeline): Step {
  return pump({ ...timeline, paused: false });
}

function welcome(timeline: Timeline, frame: HelloFrame): Step {
  const room = frame.rooms.find((it) => it.room === timeline.room);
  const resumed = frame.resumed.find((it) => it.room === timeline.room);
  const here = { ...timeline, me: frame.user, online: true, catchUpTries: 0 };
  if (resumed && here.through !== null) return resume(here, resumed);
  const [next, ...asks] = askForMissing({ ...here, known: Math.max(here.known, room?.head ?? 0) });
  return and(pump(next), ...asks);
}

function acknowledge(timeline: Timeline, frame: AckFrame): Step {
  const { me } = timeline;
  const draft = timeline.outbox.find((it) => it.nonce === frame.nonce);
  if (!draft || !me) return pump(timeline);
  const { messageId, room, seq, timestamp, nonce } = frame;
  const message = { messageId, room, seq, timestamp, nonce, ...me, message: draft.text };
  return pump(insert({ ...timeline, sendTries: 0 }, [{ type: "message", ...message }]));
}

function newestPage(timeline: Timeline, frame: HistoryFrame): Step {
  if (frame.room !== timeline.room || timeline.catchUp !== "asked") return [timeline];
  const page = ascending(frame.messages);
  const first = page[0]?.seq ?? 0;
  const base: Timeline = {
    ...timeline,
    epoch: frame.epoch,
    messages: timeline.messages.filter((message) => message.seq >= first),
    through: page.at(-1)?.seq ?? 0,
    older: frame.prev,
    catchUp: "none",
    catchUpTries: 0,
  };
  return pump(insert(base, page));
}

function olderPage(timeline: Timeline, frame: HistoryFrame): Step {
  if (frame.room !== timeline.room) return [timeline];
  const rested = { ...timeline, fetchingOlder: false };
  if (frame.epoch !== timeline.epoch) return askForMissing(rested);
  return pump(insert({ ...rested, older: frame.prev }, frame.messages));
}

function resume(timeline: Timeline, frame: ResumedFrame): Step {
  if (frame.room !== timeline.room || timeline.through === null) return [timeline];
  if (!frame.reset && frame.epoch !== timeline.epoch) return [timeline];
  const rested: Timeline = { ...timeline, catchUp: "none" };
  const next = frame.reset ? startAnew(rested, frame) : fillIn(rested, timeline.through, frame);
  if (!frame.more) return pump(next);
  const [asked, ...asks] = askForMissing(next);
  return and(pump(asked), ...asks);
}

/** The log was replaced, or we were away for longer than it goes back. */
function startAnew(timeline: Timeline, frame: ResumedFrame): Timeline {
  const page = ascending(frame.events);
  const first = page[0]?.seq ?? null;
  const base: Timeline = {
    ...timeline,
    epoch: frame.epoch,
    messages: [],
    through: frame.to,
    known: frame.to,
    older: first !== null && first > 1 ? first : null,
    resetAt: first,
    catchUpTries: 0,
  };
  return insert(base, page);
}

function fillIn(timeline: Timeline, through: number, frame: ResumedFrame): Timeline {
  const connects = frame.from <= through + 1;
  const reached = connects ? Math.max(through, frame.to) : through;
  const catchUpTries = reached > through ? 0 : timeline.catchUpTries;
  return insert({ ...timeline, through: reached, catchUpTries }, frame.events);
}

/** A lost push shows here even when nobody speaks again. */
function compareHeads(timeline: Timeline, frame: PongFrame): Step {
  const { room, epoch } = timeline;
  if (epoch !== null && (frame.epoch[room] ?? epoch) !== epoch) return askForMissing(timeline);
  return pump({ ...timeline, known: Math.max(timeline.known, frame.heads[room] ?? 0) });
}

function refuse(timeline: Timeline, error: ErrorFrame): Step {
  if (error.id === OLDER_ID) return [{ ...timeline, fetchingOlder: false }];
  if (error.id === RESUME_ID || error.id === NEWEST_ID)
    return pump({ ...timeline, catchUp: "none" });
  const refused = timeline.outbox.find(
    ({ nonce, name }) => nonce === error.id && name === "sending",
  );
  return refused ? refuseSend(timeline, refused, error) : [timeline];
}

function refuseSend(timeline: Timeline, refused: Draft, error: ErrorFrame): Step {
  const { nonce, text, writtenAt } = refused;
  const next: Draft = error.retryable
    ? { nonce, text, writtenAt, name: "waiting" }
    : { nonce, text, writtenAt, name: "failed", reason: error.message };
  const outbox = timeline.outbox.map((draft) => (draft === refused ? next : draft));
  if (!error.retryable) return pump({ ...timeline, outbox, sendTries: 0 });
  const ms = error.retryAfterMs ?? doubled(SEND_PAUSE_MS, timeline.sendTries);
  const sendTries = timeline.sendTries + 1;
  return [
    { ...timeline, outbox, paused: true, sendTries },
    { type: "later", what: "send", ms },
  ];
}

/** Put messages where their seq says; drop what we hold, and what the next older page will bring. */
function insert(timeline: Timeline, arrived: readonly MessageFrame[]): Timeline {
  const ours = arrived.filter((message) => message.room === timeline.room);
  const oldest = timeline.older ?? 0;
  const messages = merge(
    timeline.messages,
    ours.filter((message) => message.seq >= oldest),
  );
  const kept = new Set(ours.map((message) => message.nonce));
  const outbox = timeline.outbox.filter((draft) => !kept.has(draft.nonce));
  const known = ours.reduce((newest, { seq }) => Math.max(newest, seq), timeline.known);
  return { ...timeline, messages, outbox, known, through: advance(messages, timeline.through) };
}

function merge(
  messages: readonly MessageFrame[],
  arrived: readonly MessageFrame[],
): readonly MessageFrame[] {
  const newest = messages.at(-1)?.seq ?? 0;
  const [first] = arrived;
  if (arrived.length === 1 && first && first.seq > newest) return [...messages, first];
  const held = new Map(messages.map((message) => [message.seq, message]));
  const fresh = arrived.filter((message) => !held.has(message.seq));
  for (const message of fresh) held.set(message.seq, message);
  return fresh.length === 0 ? messages : ascending([...held.values()]);
}

function ascending(messages: readonly MessageFrame[]): MessageFrame[] {
  return [...messages].sort((one, other) => one.seq - other.seq);
}

/** How far the log is whole when it was whole up to `through`. */
function advance(messages: readonly MessageFrame[], through: number | null): number | null {
  if (through === null) return null;
  let reached = through;
  const next = messages.findLastIndex((message) => message.seq <= through) + 1;
  for (const { seq } of messages.slice(next)) if (seq === reached + 1) reached = seq;
  return reached;
}

function isBehind({ through, known }: Timeline): boolean {
  return through === null || known > through;
}

/** After every change: send what may be sent, and see to what is missing. */
function pump(timeline: Timeline): Step {
  const [sending, ...sends] = sendNext(timeline);
  const [next, ...waits] = watchHoles(sending);
  return [bounded(next), ...sends, ...waits];
}

/** One at a time, so that what I wrote first also stands first. */
function sendNext(timeline: Timeline): Step {
  const { online, paused, restoring, outbox, room } = timeline;
  if (!online || paused || restoring || outbox.some((draft) => draft.name === "sending"))
    return [timeline];
  const first = outbox.find((draft) => draft.name === "waiting");
  if (!first) return [timeline];
  const { nonce, text, writtenAt } = first;
  const sending: Draft = { nonce, text, writtenAt, name: "sending" };
  return [
    { ...timeline, outbox: outbox.map((draft) => (draft === first ? sending : draft)) },
    {
      type: "ask",
      command: { action: "sendMessage", id: nonce, room, message: text, nonce },
    },
  ];
}

function watchHoles(timeline: Timeline): Step {
  const { online, catchUp, catchUpTries } = timeline;
  if (!online || catchUp !== "none" || !isBehind(timeline)) return [timeline];
  const ms = doubled(HOLE_PATIENCE_MS, catchUpTries);
  return [
    { ...timeline, catchUp: "soon" },
    { type: "later", what: "catchUp", ms },
  ];
}

function askForMissing(timeline: Timeline): Step {
  const { room, epoch, through } = timeline;
  const command: Command =
    epoch === null || through === null
      ? { action: "getHistory", id: NEWEST_ID, room, limit: PAGE }
      : { action: "resume", id: RESUME_ID, room, epoch, after: through };
  const catchUpTries = timeline.catchUpTries + 1;
  return [
    { ...timeline, catchUp: "asked", catchUpTries },
    { type: "ask", command },
  ];
}

function waiting({ nonce, text, writtenAt }: Draft): Draft {
  return { nonce, text, writtenAt, name: "waiting" };
}

function unsent(draft: Draft): Draft {
  return draft.name === "sending" ? waiting(draft) : draft;
}

function doubled(ms: number, times: number): number {
  return ms * 2 ** Math.min(times, MOST_DOUBLINGS);
}

function and([next, ...effects]: Step, ...more: Effect[]): Step {
  return [next, ...effects, ...more];
}
