/** When to connect, wait, give up or stay away: one state and one event make the next state. */

export type State =
  | { name: "idle"; returning?: boolean }
  | (Trying & { name: "connecting" })
  | { name: "open"; attempt: number }
  | { name: "waiting"; attempt: number; refusals: number; delayMs: number }
  | (Trying & { name: "asking" })
  | { name: "refused"; reason: "refused" | "away" }
  | { name: "closed"; reason: string };

/** How often in a row we came back in vain, and how often of late although somebody was at home. */
type Trying = { attempt: number; refusals: number; first: boolean; returning?: boolean };

export type Event =
  | { type: "started"; returning?: boolean }
  | { type: "opened" }
  | { type: "lost" }
  | { type: "silent" }
  | { type: "closing"; again: boolean; reason: string; retryAfterMs?: number }
  | { type: "elapsed" }
  | { type: "woke" }
  | { type: "retried" }
  | { type: "probed"; alive: boolean }
  | { type: "stopped" };

export type Effect =
  | { type: "open" }
  | { type: "close" }
  | { type: "greet" }
  | { type: "ping" }
  | { type: "probe" }
  | { type: "wait"; ms: number };

/** A state has at most one wait: a new state ends the old one's, and `elapsed` tells of its end. */
export type Step = [next: State, ...effects: Effect[]];

export const IDLE: State = { name: "idle" };

const FIRST_CEILING_MS = 3_000;
const LONGEST_CEILING_MS = 48_000;
const HANDSHAKE_MS = 10_000;
/** A server that accepts and drops must not look healthy, or the backoff would start over. */
const HEALTHY_AFTER_MS = 5_000;
/** So many refusals in a row are no accident. */
const BLOCKED_AFTER = 4;
/** Then a person may try, or comes back to the page; by itself it tries only to have tried. */
const BLOCKED_CEILING_MS = 15 * 60_000;

export function step(state: State, event: Event, random: () => number): Step {
  if (event.type === "stopped") return [IDLE, { type: "close" }];
  switch (state.name) {
    case "idle":
      return event.type === "started" ? enter(event.returning) : [state];
    case "connecting":
      return whileConnecting(state, event);
    case "open":
      return whileOpen(state, event, random);
    case "waiting":
      return isCallToReturn(event) ? comeBack(state.attempt, state.refusals) : [state];
    case "asking":
      return whileAsking(state, event, random);
    case "refused":
      return event.type === "retried" ? enter() : [state];
    case "closed":
      return event.type === "retried" ? comeBack(0, 0) : [state];
  }
}

/** Whether the person is past the door: only then is a lost connection worth waiting for. */
export function isInside(state: State): boolean {
  if (state.name === "idle") return state.returning === true;
  if (state.name === "connecting" || state.name === "asking")
    return !state.first || state.returning === true;
  return state.name === "open" || state.name === "waiting" || state.name === "closed";
}

/** Whether somebody is at home and does not let us in: no fault of the line. */
export function isBlocked(state: State): boolean {
  return "refusals" in state && state.refusals >= BLOCKED_AFTER;
}

function enter(returning = false): Step {
  return connect({ attempt: 0, refusals: 0, first: true, ...(returning && { returning }) });
}

function comeBack(attempt: number, refusals: number): Step {
  return connect({ attempt, refusals, first: false });
}

function connect(trying: Trying): Step {
  return [{ name: "connecting", ...trying }, { type: "open" }, { type: "wait", ms: HANDSHAKE_MS }];
}

function whileConnecting(state: Extract<State, { name: "connecting" }>, event: Event): Step {
  switch (event.type) {
    case "opened":
      return [
        { name: "open", attempt: state.attempt },
        { type: "greet" },
        { type: "wait", ms: HEALTHY_AFTER_MS },
      ];
    case "lost":
    case "elapsed":
      return [{ ...state, name: "asking" }, { type: "close" }, { type: "probe" }];
    default:
      return [state];
  }
}

/** The handshake failed: if the page's own origin answers, it was a refusal. A page can't see more. */
function whileAsking(
  state: Extract<State, { name: "asking" }>,
  event: Event,
  random: () => number,
): Step {
  const { attempt, first, returning } = state;
  if (!first && isCallToReturn(event)) return comeBack(attempt, state.refusals);
  if (event.type !== "probed") return [state];
  if (first && event.alive) return [{ name: "refused", reason: "refused" }];
  if (first && !returning) return [{ name: "refused", reason: "away" }];
  const refusals = event.alive ? state.refusals + 1 : 0;
  const isOver = refusals >= BLOCKED_AFTER;
  const delayMs = isOver ? blockedFor(random) : backoff(attempt, random);
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

function isCallToReturn(event: Event): boolean {
  return event.type === "elapsed" || event.type === "woke" || event.type === "retried";
}

function wait(attempt: number, delayMs: number, refusals = 0): Step {
  return [
    { name: "waiting", attempt: attempt + 1, refusals, delayMs },
    { type: "close" },
    { type: "wait", ms: delayMs },
  ];
}

/** Anywhere between zero and the doubled ceiling, so that a crowd does not come back as one. */
function backoff(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt));
}

/** Between half the ceiling and all of it. */
function blockedFor(random: () => number): number {
  return Math.round((BLOCKED_CEILING_MS * (1 + random())) / 2);
}
