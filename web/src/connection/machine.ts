/** When to connect, wait or give up: one state and one event make the next state and its effects. */

export type State =
  | { name: "idle"; returning?: boolean }
  | (Attempt & { name: "connecting" })
  | { name: "open"; attempt: number; joining?: boolean }
  | { name: "waiting"; attempt: number; refusals: number; delayMs: number }
  | (Attempt & { name: "probing" })
  | { name: "refused"; reason: "refused" | "away" | "taken" }
  | { name: "closed"; reason: string };

/**
 * `attempt`: failed connects in a row. `refusals`: how many of the last ones a running server refused.
 * `first`: the user is joining and was never connected. `returning`: they had joined before a reload.
 * `joining`: the server has not said hello yet to somebody who is at the door.
 */
type Attempt = { attempt: number; refusals: number; first: boolean; returning?: boolean };

export type Event =
  | { type: "started"; returning?: boolean }
  | { type: "opened" }
  /** The server has said hello. */
  | { type: "greeted" }
  /** The name belongs to somebody else. */
  | { type: "taken" }
  | { type: "lost" }
  | { type: "silent" }
  | { type: "closing"; again: boolean; reason: string; retryAfterMs?: number }
  | { type: "elapsed" }
  | { type: "woke" }
  | { type: "retried" }
  /** `hasOther`: the invite was refused, and another one is left to try. */
  | { type: "probed"; alive: boolean; hasOther?: boolean }
  | { type: "stopped" };

export type Effect =
  | { type: "open" }
  | { type: "close" }
  | { type: "greet" }
  | { type: "ping" }
  | { type: "probe" }
  | { type: "wait"; ms: number };

/** A state has at most one timer: a new state cancels it, and `elapsed` says that it has run out. */
export type Step = [next: State, ...effects: Effect[]];

export const IDLE: State = { name: "idle" };

const FIRST_CEILING_MS = 3_000;
const LONGEST_CEILING_MS = 48_000;
const HANDSHAKE_TIMEOUT_MS = 20_000;
/** A server that accepts and then drops must not look healthy, or the backoff would start over. */
const HEALTHY_AFTER_MS = 5_000;
/** So many refusals in a row are no accident: the server does not want this user. */
const BLOCKED_AFTER = 4;
/** When blocked: the user can retry or come back to the tab; retries without that are rare. */
const BLOCKED_CEILING_MS = 15 * 60_000;

export function step(state: State, event: Event, random: () => number): Step {
  if (event.type === "stopped") return [IDLE, { type: "close" }];
  switch (state.name) {
    case "idle":
      return event.type === "started" ? connectFirst(event.returning) : [state];
    case "connecting":
      return whileConnecting(state, event);
    case "open":
      return whileOpen(state, event, random);
    case "waiting":
      return isReconnectTrigger(event) ? reconnect(state.attempt, state.refusals) : [state];
    case "probing":
      return whileProbing(state, event, random);
    case "refused":
      return event.type === "retried" ? connectFirst() : [state];
    case "closed":
      return event.type === "retried" ? reconnect(0, 0) : [state];
  }
}

/** Whether the user has joined: only then is a lost connection tried again. */
export function hasJoined(state: State): boolean {
  if (state.name === "idle") return state.returning === true;
  if (state.name === "connecting" || state.name === "probing")
    return !state.first || state.returning === true;
  if (state.name === "open") return !state.joining;
  return state.name === "waiting" || state.name === "closed";
}

/** Whether the user has asked to join, and is neither in yet nor refused. */
export function isJoining(state: State): boolean {
  return state.name !== "idle" && state.name !== "refused" && !hasJoined(state);
}

/** Whether a running server refuses this user again and again: the network is not to blame. */
export function isBlocked(state: State): boolean {
  return "refusals" in state && state.refusals >= BLOCKED_AFTER;
}

function connectFirst(returning = false): Step {
  return connect({ attempt: 0, refusals: 0, first: true, ...(returning && { returning }) });
}

function reconnect(attempt: number, refusals: number): Step {
  return connect({ attempt, refusals, first: false });
}

function connect(trying: Attempt): Step {
  return [
    { ...trying, name: "connecting" },
    { type: "open" },
    { type: "wait", ms: HANDSHAKE_TIMEOUT_MS },
  ];
}

function whileConnecting(state: Extract<State, { name: "connecting" }>, event: Event): Step {
  switch (event.type) {
    case "opened":
      return [
        { name: "open", attempt: state.attempt, joining: state.first && !state.returning },
        { type: "greet" },
        { type: "wait", ms: HEALTHY_AFTER_MS },
      ];
    case "lost":
    case "elapsed":
      return [{ ...state, name: "probing" }, { type: "close" }, { type: "probe" }];
    default:
      return [state];
  }
}

/** The handshake failed. If the page's own origin answers, it was a refusal: a page can't see more. */
function whileProbing(
  state: Extract<State, { name: "probing" }>,
  event: Event,
  random: () => number,
): Step {
  const { attempt, first, returning } = state;
  if (!first && isReconnectTrigger(event)) return reconnect(attempt, state.refusals);
  if (event.type !== "probed") return [state];
  if (event.hasOther) return connect(state);
  if (first && event.alive) return [{ name: "refused", reason: "refused" }];
  if (first && !returning) return [{ name: "refused", reason: "away" }];
  const refusals = event.alive ? state.refusals + 1 : 0;
  const isRefused = refusals >= BLOCKED_AFTER;
  const delayMs = isRefused ? blockedDelay(random) : backoff(attempt, random);
  return wait(attempt, delayMs, refusals);
}

function whileOpen(
  state: Extract<State, { name: "open" }>,
  event: Event,
  random: () => number,
): Step {
  switch (event.type) {
    case "elapsed":
      return [{ name: "open", attempt: 0 }];
    case "greeted":
      return state.joining
        ? [
            { name: "open", attempt: state.attempt },
            { type: "wait", ms: HEALTHY_AFTER_MS },
          ]
        : [state];
    case "taken":
      return [{ name: "refused", reason: "taken" }, { type: "close" }];
    case "lost":
    case "silent":
      return wait(state.attempt, backoff(state.attempt, random));
    case "closing":
      if (!event.again) return [{ name: "closed", reason: event.reason }, { type: "close" }];
      return wait(state.attempt, event.retryAfterMs ?? backoff(state.attempt, random));
    case "woke":
      return [state, { type: "ping" }];
    default:
      return [state];
  }
}

function isReconnectTrigger(event: Event): boolean {
  return event.type === "elapsed" || event.type === "woke" || event.type === "retried";
}

function wait(attempt: number, delayMs: number, refusals = 0): Step {
  return [
    { name: "waiting", attempt: attempt + 1, refusals, delayMs },
    { type: "close" },
    { type: "wait", ms: delayMs },
  ];
}

/** Full jitter: between zero and a ceiling that doubles, so that clients do not return all at once. */
function backoff(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt));
}

/** Between half the ceiling and all of it. */
function blockedDelay(random: () => number): number {
  return Math.round((BLOCKED_CEILING_MS * (1 + random())) / 2);
}
