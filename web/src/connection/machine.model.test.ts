// @vitest-environment happy-dom
/** Whatever happens in whatever order: only what is allowed follows, and never a second socket. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeNetwork, handshakeAt, helloFrame, messageFrame } from "../testing/fakeNetwork";
import { oneOf, randomFrom } from "../testing/random";
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
  connecting: ["idle", "open", "probing"],
  probing: ["idle", "connecting", "waiting", "refused"],
  refused: ["idle", "connecting"],
  open: ["idle", "waiting", "closed"],
  waiting: ["idle", "connecting"],
  closed: ["idle", "connecting"],
};

const RUNS = 300;
const CEILINGS_MS = [3_000, 6_000, 12_000, 24_000, 48_000];

/** Plain, because `expect` is slow a hundred thousand times. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

type Life = { state: State; sockets: number };

describe("the machine, whatever happens", () => {
  it("makes only allowed moves, with one socket exactly while it connects or is open", () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = randomFrom(seed);
      let life: Life = { state: IDLE, sockets: 0 };
      for (let turn = 0; turn < 60; turn += 1) {
        const event = oneOf(random, HAPPENINGS);
        const before = life.state;
        try {
          life = live(life, event, random);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${JSON.stringify([before, event])}`, { cause });
        }
        seen.add(`${before.name} ${life.state.name}`);
      }
    }
    const possible = Object.entries(ALLOWED).flatMap(([from, to]) =>
      to.map((it) => `${from} ${it}`),
    );
    expect([...seen]).toEqual(expect.arrayContaining(possible));
  });

  it("reconnects from every state, at the latest when the user retries", () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = randomFrom(seed);
      const [entered] = step(IDLE, { type: "started" }, random);
      let state = entered;
      const all = HAPPENINGS.filter(({ type }) => type !== "stopped" && type !== "started");
      for (let turn = 0; turn < 30; turn += 1) [state] = step(state, oneOf(random, all), random);
      const from = JSON.stringify(state);
      for (const type of ["probed", "retried", "opened"] as const)
        [state] = step(state, type === "probed" ? { type, alive: true } : { type }, random);
      expect(state.name, `seed ${seed}, from ${from}`).toBe("open");
    }
  });
});

function live({ state, sockets }: Life, event: Event, random: () => number): Life {
  const [next, ...effects] = step(state, event, random);
  const isMove = next.name !== state.name;
  must(!isMove || ALLOWED[state.name].includes(next.name), `it went to ${next.name}`);
  const open = socketsAfter(effects, sockets);
  must(open === (next.name === "connecting" || next.name === "open" ? 1 : 0), `${open} sockets`);
  const kinds = effects.map(({ type }) => type);
  must(kinds.includes("greet") === (isMove && next.name === "open"), "a greeting");
  must(kinds.includes("probe") === (isMove && next.name === "probing"), "a probe");
  must(!kinds.includes("ping") || (state.name === "open" && event.type === "woke"), "a ping");
  if (next.name === "waiting" && next !== state) checkWait(next, event, effects);
  return { state: next, sockets: open };
}

function socketsAfter(effects: Effect[], sockets: number): number {
  for (const { type } of effects) {
    must(type !== "open" || sockets === 0, "a second socket");
    if (type === "open") sockets = 1;
    if (type === "close") sockets = 0;
  }
  return sockets;
}

function checkWait(next: Extract<State, { name: "waiting" }>, event: Event, effects: Effect[]) {
  const { delayMs, attempt } = next;
  must(
    effects.some((it) => it.type === "wait" && it.ms === delayMs),
    "a timer that no state waits for",
  );
  const asked = event.type === "closing" ? event.retryAfterMs : undefined;
  const [least, most] = isBlocked(next)
    ? [450_000, 900_000]
    : [0, CEILINGS_MS[attempt - 1] ?? 48_000];
  if (asked !== undefined) must(delayMs === asked, "it does not obey");
  else must(delayMs >= least && delayMs <= most, `it waits ${delayMs} ms`);
}

describe("the client, whatever happens", () => {
  let network: FakeNetwork;
  let client: ConnectionClient;

  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    client.stop();
    vi.useRealTimers();
  });

  it("has at most one live socket, two during a takeover, and none when it is stopped", async () => {
    for (let seed = 1; seed <= RUNS / 4; seed += 1) {
      const random = randomFrom(seed);
      network = new FakeNetwork();
      const listener = { greeting: () => ({ action: "hello", v: 2 }) as const, ...noOp };
      client = new ConnectionClient(handshakeAt("ws://here/ws"), listener, { ...network, random });
      client.start();
      await vi.advanceTimersByTimeAsync(0);
      for (let turn = 0; turn < 80; turn += 1) {
        await oneOf(random, actsOf(random))();
        checkSockets(`seed ${seed}, turn ${turn}`);
      }
      client.stop();
      expect(network.openSockets, `seed ${seed}`).toEqual([]);
      const { length } = network.sockets;
      await vi.advanceTimersByTimeAsync(7_200_000);
      expect(network.sockets, `seed ${seed}: it goes on after its end`).toHaveLength(length);
    }
  });

  const noOp = { receive: () => {}, disconnected: () => {} };

  function actsOf(random: () => number): (() => unknown)[] {
    const one = () => oneOf(random, network.sockets);
    const { limits } = helloFrame() as { limits: object };
    const lifetimeSeconds = oneOf(random, [3, 20]);
    const short = helloFrame({ limits: { ...limits, lifetimeSeconds } });
    return [
      () => network.socket.opens(),
      () => network.socket.opens(),
      () => network.socket.says(short),
      () => network.socket.says(short),
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
        network.isUp = random() < 0.5;
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

  /** Detached sockets are closed; the others are the connection, its successor, its predecessor. */
  function checkSockets(told: string) {
    const open = network.openSockets;
    const { name } = client.getState();
    must(!open.some(({ onmessage }) => onmessage === null), `${told}: one was left behind`);
    const [least, most] = name === "open" ? [1, 3] : name === "connecting" ? [1, 1] : [0, 0];
    must(open.length >= least && open.length <= most, `${told}: ${open.length} while ${name}`);
  }
});
