import { describe, expect, it } from "vitest";
import {
  type Event,
  hasJoined,
  IDLE,
  isBlocked,
  isJoining,
  type State,
  type Step,
  step,
} from "./machine";

const most = () => 1;
const OPEN: State = { name: "open", attempt: 0 };

function walk(state: State, ...events: Event[]): Step {
  return events.reduce<Step>(([now], event) => step(now, event, most), [state]);
}

const started: Event = { type: "started" };
const opened: Event = { type: "opened" };
const lost: Event = { type: "lost" };
const elapsed: Event = { type: "elapsed" };
const woke: Event = { type: "woke" };
const away: Event = { type: "probed", alive: false };
const atHome: Event = { type: "probed", alive: true };

describe("the first handshake", () => {
  it("opens a socket, says hello when it is open", () => {
    const [connecting, ...effects] = walk(IDLE, started);
    expect(connecting).toEqual({ name: "connecting", attempt: 0, refusals: 0, first: true });
    expect(effects).toContainEqual({ type: "open" });

    const [open, ...greetings] = walk(connecting, opened);
    expect(open.name).toBe("open");
    expect(greetings).toContainEqual({ type: "greet" });
  });

  it("is over with the hello, or when that takes long; a name that is somebody's ends it", () => {
    const [greeting] = walk(IDLE, started, opened);
    expect([hasJoined(greeting), isJoining(greeting)]).toEqual([false, true]);
    for (const end of [{ type: "greeted" } as const, elapsed])
      expect(hasJoined(walk(greeting, end)[0])).toBe(true);
    expect(walk(greeting, { type: "taken" })).toEqual([
      { name: "refused", reason: "taken" },
      { type: "close" },
    ]);
  });

  it.each([lost, elapsed])("probes when it never opens (%j), and does not loop", (end) => {
    const [asking, ...effects] = walk(IDLE, started, end);
    expect(asking.name).toBe("probing");
    expect(effects).toEqual([{ type: "close" }, { type: "probe" }]);

    expect(walk(asking, { type: "probed", alive: true })).toEqual([
      { name: "refused", reason: "refused" },
    ]);
    expect(walk(asking, { type: "probed", alive: false })).toEqual([
      { name: "refused", reason: "away" },
    ]);
  });

  it("has not joined until it is open", () => {
    const [connecting] = walk(IDLE, started);
    const [refused] = walk(connecting, lost, { type: "probed", alive: true });
    expect([IDLE, connecting, refused].map(hasJoined)).toEqual([false, false, false]);
    expect(hasJoined(OPEN)).toBe(true);
  });

  it("ignores late events", () => {
    const refused: State = { name: "refused", reason: "away" };
    for (const event of [opened, lost, elapsed, woke])
      expect(walk(refused, event)).toEqual([refused]);
  });
});

describe("a lost connection", () => {
  it("comes back after a wait under ceilings of 3, 6, 12, 24, 48 and then always 48 s", () => {
    let state: State = OPEN;
    const delays = [];
    for (let round = 0; round < 8; round += 1) {
      [state] = walk(state, lost, away);
      if (state.name === "waiting") delays.push(state.delayMs / 1_000);
      [state] = walk(state, elapsed);
    }
    expect(delays).toEqual([3, 6, 12, 24, 48, 48, 48, 48]);
  });

  it("waits anywhere between zero and the ceiling, so that a crowd does not come back as one", () => {
    const [waiting] = step(OPEN, lost, () => 0.25);
    expect(waiting).toEqual({ name: "waiting", attempt: 1, refusals: 0, delayMs: 750 });
    expect(step(OPEN, lost, () => 0)[0]).toMatchObject({ delayMs: 0 });
  });

  it("resets its attempts only after five seconds open", () => {
    const dropped = walk({ name: "open", attempt: 4 }, lost)[0];
    expect(dropped).toMatchObject({ attempt: 5, delayMs: 48_000 });

    const [open, ...effects] = walk(
      { name: "connecting", attempt: 4, refusals: 2, first: false },
      opened,
    );
    expect(effects).toContainEqual({ type: "wait", ms: 5_000 });
    expect(walk(open, elapsed, lost)[0]).toMatchObject({ attempt: 1, delayMs: 3_000 });
  });

  it.each([woke, { type: "retried" } as Event])("is tried again at once on %j", (event) => {
    const [connecting, ...effects] = walk(OPEN, lost, event);
    expect(connecting).toEqual({ name: "connecting", attempt: 1, refusals: 0, first: false });
    expect(effects).toContainEqual({ type: "open" });
  });

  it("follows when the server is silent", () => {
    const [waiting, ...effects] = walk(OPEN, { type: "silent" });
    expect(waiting.name).toBe("waiting");
    expect(effects).toContainEqual({ type: "close" });
  });

  it("is checked with a ping when the page is visible again", () => {
    expect(walk(OPEN, woke)).toEqual([OPEN, { type: "ping" }]);
  });
});

describe("a running server that refuses", () => {
  const lastTry: State = { name: "connecting", attempt: 5, refusals: 3, first: false };

  it("counts as blocking after four refusals in a row, which end the quick retries", () => {
    let state: State = walk(OPEN, lost)[0];
    const blocked = [];
    for (let round = 0; round < 4; round += 1) {
      [state] = walk(state, elapsed, lost, atHome);
      blocked.push(isBlocked(state));
    }
    expect(blocked).toEqual([false, false, false, true]);
    expect(hasJoined(state)).toBe(true);
    if (state.name === "waiting") expect(state.delayMs).toBe(15 * 60_000);
    expect(step(lastTry, lost, () => 0)[0].name).toBe("probing");
  });

  it("is tried rarely, by each page at a random moment", () => {
    const [asking] = walk(lastTry, lost);
    expect(step(asking, atHome, () => 0)[0]).toMatchObject({ delayMs: 450_000, refusals: 4 });
  });

  it("stays blocking while it is tried once more", () => {
    const [blocked] = walk(lastTry, lost, atHome);
    const [connecting] = walk(blocked, { type: "retried" });
    expect([connecting, walk(connecting, lost)[0]].map(isBlocked)).toEqual([true, true]);
    expect(isBlocked(walk(connecting, lost, atHome)[0])).toBe(true);
    expect(isBlocked(walk(connecting, opened)[0])).toBe(false);
  });

  it("counts from zero after it was unreachable or accepted a connection", () => {
    const [waiting] = walk(lastTry, lost, away);
    expect(waiting).toMatchObject({ name: "waiting", refusals: 0, delayMs: 48_000 });
    expect(walk(lastTry, opened, lost)[0]).toMatchObject({ refusals: 0 });
  });

  it.each([woke, { type: "retried" } as Event])("is tried without an answer on %j", (event) => {
    const [asking] = walk(lastTry, lost);
    expect(walk(asking, event)[0].name).toBe("connecting");
  });
});

describe("a closing server", () => {
  it("says when to come back", () => {
    const closing: Event = { type: "closing", again: true, reason: "restart", retryAfterMs: 1_234 };
    expect(walk(OPEN, closing)[0]).toEqual({
      name: "waiting",
      attempt: 1,
      refusals: 0,
      delayMs: 1_234,
    });
  });

  it("may forbid reconnecting: then only the user can retry", () => {
    const [closed] = walk(OPEN, { type: "closing", again: false, reason: "Over." });
    expect(closed).toEqual({ name: "closed", reason: "Over." });
    expect(walk(closed, woke)).toEqual([closed]);
    expect(walk(closed, { type: "retried" })[0].name).toBe("connecting");
  });
});

it("stops from every state", () => {
  const states: State[] = [IDLE, OPEN, { name: "waiting", attempt: 3, refusals: 0, delayMs: 9 }];
  for (const state of states)
    expect(walk(state, { type: "stopped" })).toEqual([IDLE, { type: "close" }]);
});
