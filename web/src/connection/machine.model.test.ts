/** Whatever happens in whatever order: only what is allowed follows, and never a second socket. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { oneOf, randomFrom } from "../testing/chance";
import { FakeWorld, helloFrame, messageFrame } from "../testing/fakeWorld";
import { ConnectionClient } from "./client";
import { type Effect, type Event, IDLE, isBlocked, type State, step } from "./machine";

const HAPPENINGS: Event[] = [
  { type: "started" },
  { type: "started", returning: true },
  { type: "opened" },
  { type: "lost" },
  { type: "silent" },
  { type: "elapsed" },
  { type: "woke" },
  { type: "retried" },
  { type: "probed", alive: true },
  { type: "probed", alive: false },
  { type: "closing", again: true, reason: "restart" },
  { type: "closing", again: true, reason: "restart", retryAfterMs: 1_234 },
  { type: "closing", again: false, reason: "over" },
  { type: "stopped" },
];

/** From where to where; staying is always allowed. */
const ALLOWED: Record<State["name"], State["name"][]> = {
  idle: ["connecting"],
  connecting: ["idle", "open", "asking"],
  asking: ["idle", "connecting", "waiting", "refused"],
  refused: ["idle", "connecting"],
  open: ["idle", "waiting", "closed"],
  waiting: ["idle", "connecting"],
  closed: ["idle", "connecting"],
};

const RUNS = 300;
const CEILINGS_MS = [3_000, 6_000, 12_000, 24_000, 48_000];

describe("the machine, whatever happens", () => {
  it("goes only where it may, with one socket exactly while it connects or is open", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = randomFrom(seed);
      let state: State = IDLE;
      let sockets = 0;
      for (let turn = 0; turn < 60; turn += 1) {
        const event = oneOf(random, HAPPENINGS);
        const [next, ...effects] = step(state, event, random);
        const told = `seed ${seed}: ${JSON.stringify([state, event, next, effects])}`;

        if (next.name !== state.name) expect(ALLOWED[state.name], told).toContain(next.name);
        sockets = countAfter(effects, sockets, told);
        expect(sockets, told).toBe(next.name === "connecting" || next.name === "open" ? 1 : 0);
        check(state, event, next, effects, told);
        seen.add(`${state.name} ${next.name}`);
        state = next;
      }
    }
    const possible = Object.entries(ALLOWED).flatMap(([from, to]) =>
      to.map((it) => `${from} ${it}`),
    );
    expect([...seen]).toEqual(expect.arrayContaining(possible));
  });

  it("comes back from everywhere that a server did not close", () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = randomFrom(seed);
      let [state] = step(IDLE, { type: "started" }, random);
      for (let turn = 0; turn < 30; turn += 1) {
        const possible = HAPPENINGS.filter(({ type }) => type !== "stopped" && type !== "started");
        [state] = step(state, oneOf(random, possible), random);
      }
      const told = `seed ${seed}: ${JSON.stringify(state)}`;
      for (const event of [{ type: "retried" }, { type: "elapsed" }, { type: "opened" }] as const)
        if (state.name !== "open" && state.name !== "asking") [state] = step(state, event, random);
      if (state.name === "asking") {
        [state] = step(state, { type: "probed", alive: true }, random);
        for (const event of [{ type: "retried" }, { type: "opened" }] as const)
          [state] = step(state, event, random);
      }
      expect(state.name, told).toBe("open");
    }
  });
});

function countAfter(effects: Effect[], sockets: number, told: string): number {
  for (const { type } of effects) {
    if (type === "close") sockets = 0;
    if (type === "open") {
      expect(sockets, `a second socket, ${told}`).toBe(0);
      sockets = 1;
    }
  }
  return sockets;
}

function check(state: State, event: Event, next: State, effects: Effect[], told: string) {
  const kinds = effects.map(({ type }) => type);
  expect(kinds.includes("greet"), told).toBe(state.name === "connecting" && next.name === "open");
  expect(kinds.includes("probe"), told).toBe(state.name !== "asking" && next.name === "asking");
  if (kinds.includes("ping")) expect([state.name, event.type], told).toEqual(["open", "woke"]);
  if (next.name !== "waiting" || next === state) return;

  expect(effects, told).toContainEqual({ type: "wait", ms: next.delayMs });
  if (event.type === "closing" && event.retryAfterMs !== undefined)
    expect(next.delayMs, told).toBe(event.retryAfterMs);
  else if (isBlocked(next)) expect(next.delayMs, told).toBeGreaterThanOrEqual(450_000);
  else expect(next.delayMs, told).toBeLessThanOrEqual(CEILINGS_MS[next.attempt - 1] ?? 48_000);
}

describe("the client, whatever happens", () => {
  let world: FakeWorld;
  let client: ConnectionClient;

  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    client.stop();
    vi.useRealTimers();
  });

  it("has one live socket at most, two while one takes over, and none when it is stopped", async () => {
    for (let seed = 1; seed <= RUNS / 4; seed += 1) {
      const random = randomFrom(seed);
      world = new FakeWorld();
      const listener = { greeting: () => ({ action: "hello", v: 1 }) as const, ...noOp };
      client = new ConnectionClient("ws://here/ws", listener, { ...world, random });
      client.start();
      await vi.advanceTimersByTimeAsync(0);
      for (let turn = 0; turn < 80; turn += 1) {
        await oneOf(random, actsOf(random))();
        checkSockets(`seed ${seed}, turn ${turn}`);
      }
      client.stop();
      expect(world.openSockets, `seed ${seed}`).toEqual([]);
      const { length } = world.sockets;
      await vi.advanceTimersByTimeAsync(7_200_000);
      expect(world.sockets, `seed ${seed}: it goes on after its end`).toHaveLength(length);
    }
  });

  const noOp = { heard: () => {}, down: () => {} };

  function actsOf(random: () => number): (() => unknown)[] {
    const one = () => oneOf(random, world.sockets);
    const { limits } = helloFrame() as { limits: object };
    const lifetimeSeconds = oneOf(random, [3, 20]);
    const short = helloFrame({ limits: { ...limits, lifetimeSeconds } });
    return [
      () => world.socket.opens(),
      () => world.socket.opens(),
      () => world.socket.says(short),
      () => world.socket.says(short),
      () => one().opens(),
      () => one().says(short),
      () => one().drops(),
      () => one().says(messageFrame(1, "hi")),
      () => one().says("nonsense"),
      () => one().says({ type: "closing", reason: "restart", again: true, retryAfterMs: 700 }),
      () => random() < 0.2 && one().says({ type: "closing", reason: "over", again: false }),
      () => dispatchEvent(new Event("online")),
      () => document.dispatchEvent(new Event("visibilitychange")),
      () => client.retry(),
      () => {
        world.alive = random() < 0.5;
      },
      () => {
        client.stop();
        client.start();
      },
      () => vi.advanceTimersByTimeAsync(random() * 1_000),
      () => vi.advanceTimersByTimeAsync(random() * 20_000),
      () => vi.advanceTimersByTimeAsync(random() * 20_000),
    ];
  }

  /** Whoever was let go of is closed; the rest are the line, its successor and its predecessor. */
  function checkSockets(told: string) {
    const open = world.openSockets;
    const { name } = client.getState();
    expect(
      open.filter(({ onmessage }) => onmessage === null),
      told,
    ).toEqual([]);
    const [least, most] = name === "open" ? [1, 3] : name === "connecting" ? [1, 1] : [0, 0];
    expect(open.length, told).toBeGreaterThanOrEqual(least);
    expect(open.length, told).toBeLessThanOrEqual(most);
  }
});
