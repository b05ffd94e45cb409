/** When to connect, wait, give up or stay away: one state and one event make the next state. */

export type State =
  | { name: "idle"; returning?: boolean }
  | { name: "connecting"; attempt: number; first: boolean; returning?: boolean }
  | { name: "open"; attempt: number }
  | { name: "waiting"; attempt: number; delayMs: number }
  | { name: "asking"; returning?: boolean }
  | { name: "refused"; reason: "refused" | "away" }
  | { name: "closed"; reason: string };

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

export function step(state: State, event: Event, random: () => number): Step {
  if (event.type === "stopped") return [IDLE, { type: "close" }];
  switch (state.name) {
    case "idle":
      return event.type === "started" ? connect(0, true, event.returning) : [state];
    case "connecting":
      return whileConnecting(state, event, random);
    case "open":
      return whileOpen(state, event, random);
    case "waiting":
      return isCallToReturn(event) ? connect(state.attempt, false) : [state];
    case "asking":
      if (event.type !== "probed") return [state];
      return state.returning && !event.alive ? wait(0, backoff(0, random)) : [refusal(event.alive)];
    case "refused":
      return event.type === "retried" ? connect(0, true) : [state];
    case "closed":
      return event.type === "retried" ? connect(0, false) : [state];
  }
}

/** Whether the person is past the door: only then is a lost connection worth waiting for. */
export function isInside(state: State): boolean {
  if (state.name === "connecting") return !state.first || state.returning === true;
  if (state.name === "idle" || state.name === "asking") return state.returning === true;
  return state.name === "open" || state.name === "waiting" || state.name === "closed";
}

function connect(attempt: number, first: boolean, returning = false): Step {
  return [
    { name: "connecting", attempt, first, ...(returning && { returning }) },
    { type: "open" },
    { type: "wait", ms: HANDSHAKE_MS },
  ];
}

function whileConnecting(
  state: Extract<State, { name: "connecting" }>,
  event: Event,
  random: () => number,
): Step {
  switch (event.type) {
    case "opened":
      return [
        { name: "open", attempt: state.attempt },
        { type: "greet" },
        { type: "wait", ms: HEALTHY_AFTER_MS },
      ];
    case "lost":
    case "elapsed":
      if (state.first) return ask(state.returning);
      return wait(state.attempt, backoff(state.attempt, random));
    default:
      return [state];
  }
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

function ask(returning = false): Step {
  return [
    { name: "asking", ...(returning && { returning }) },
    { type: "close" },
    { type: "probe" },
  ];
}

function isCallToReturn(event: Event): boolean {
  return event.type === "elapsed" || event.type === "woke" || event.type === "retried";
}

function wait(attempt: number, delayMs: number): Step {
  return [
    { name: "waiting", attempt: attempt + 1, delayMs },
    { type: "close" },
    { type: "wait", ms: delayMs },
  ];
}

/** Anywhere between zero and the doubled ceiling, so that a crowd does not come back as one. */
function backoff(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt));
}

/** A page can't see why a handshake failed; if its own origin answers, it was a refusal. */
function refusal(alive: boolean): State {
  return { name: "refused", reason: alive ? "refused" : "away" };
}
