import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeWorld, helloFrame, messageFrame } from "../testing/fakeNetwork";
import type { Frame } from "../wire/parse";
import { addressFor, ConnectionClient } from "./client";
import { isBlocked } from "./machine";

let world: FakeWorld;
let client: ConnectionClient;
let heard: Frame[];
let downs: number;

beforeEach(() => {
  vi.useFakeTimers();
  world = new FakeWorld();
  heard = [];
  downs = 0;
  const listener = {
    greeting: () => ({ action: "hello", v: 1 }) as const,
    heard: (frame: Frame) => heard.push(frame),
    down: () => {
      downs += 1;
    },
  };
  client = new ConnectionClient("ws://here/ws", listener, world);
});

afterEach(() => {
  client.stop();
  vi.useRealTimers();
});

async function start() {
  client.start();
  await vi.advanceTimersByTimeAsync(0);
}

async function connect() {
  await start();
  world.socket.opens();
  world.socket.says(helloFrame());
}

function appear() {
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("starting", () => {
  it("opens exactly one socket when it is started, stopped and started in one turn", async () => {
    client.start();
    client.stop();
    client.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.sockets).toHaveLength(1);
  });

  it("opens none when it is stopped at once", async () => {
    client.start();
    client.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.sockets).toHaveLength(0);
  });

  it("says hello when the socket opens", async () => {
    await connect();
    expect(world.socket.sent).toEqual([{ action: "hello", v: 1, id: "hello" }]);
    expect(client.getState().name).toBe("open");
  });

  it.each([
    [true, "refused"],
    [false, "away"],
  ])("says why a first handshake failed (page alive: %s)", async (alive, reason) => {
    world.alive = alive;
    await start();
    world.socket.drops();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.getState()).toEqual({ name: "refused", reason });
    expect(world.sockets).toHaveLength(1);
  });

  it("gives a handshake ten seconds", async () => {
    await start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.getState().name).toBe("refused");
    expect(world.openSockets).toEqual([]);
  });
});

describe("a line", () => {
  it("is pinged in the rhythm that the server asks for", async () => {
    await connect();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(world.socket.asked("ping")).toHaveLength(1);
    world.socket.says({ type: "pong", id: "ping", heads: {}, epoch: {}, serverTime: "" });
    await vi.advanceTimersByTimeAsync(25_000);
    expect(world.socket.asked("ping")).toHaveLength(2);
  });

  it("is pinged when the page is seen again", async () => {
    await connect();
    appear();
    expect(world.socket.asked("ping")).toHaveLength(1);
  });

  it("is dead when nothing answers for ten seconds", async () => {
    await connect();
    client.ask({ action: "sendMessage", id: "n1", message: "hi", nonce: "n1" });
    const first = world.socket;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.isClosed).toBe(true);
    expect(client.getState().name).toBe("waiting");
    expect(downs).toBe(1);
  });

  it("lives when a push with my nonce comes in place of the answer", async () => {
    await connect();
    client.ask({ action: "sendMessage", id: "n1", message: "hi", nonce: "n1" });
    world.socket.says(messageFrame(1, "hi", { nonce: "n1" }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.getState().name).toBe("open");
  });

  it("drops what is no frame", async () => {
    await connect();
    world.socket.says("nonsense");
    world.socket.says({ type: "presence" });
    expect(heard.map(({ type }) => type)).toEqual(["hello"]);
  });

  it("hears nothing from a socket that it has left", async () => {
    await connect();
    const old = world.socket;
    old.drops();
    old.says(messageFrame(1, "late"));
    old.opens();
    expect(heard.map(({ type }) => type)).toEqual(["hello"]);
    expect(client.getState().name).toBe("waiting");
  });
});

describe("a lost line", () => {
  it("comes back by itself, with one socket at a time", async () => {
    await connect();
    world.alive = false;
    for (let round = 0; round < 5; round += 1) {
      world.socket.drops();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(world.openSockets.length).toBeLessThanOrEqual(1);
    }
    expect(world.sockets.length).toBeGreaterThan(5);
  });

  it.each([
    ["the network is back", () => dispatchEvent(new Event("online"))],
    ["the page is seen", appear],
    ["a person says so", () => client.retry()],
  ])("is tried at once when %s", async (_, wake) => {
    await connect();
    world.socket.drops();
    wake();
    expect(world.sockets).toHaveLength(2);
  });

  it("asks for the page's origin when it does not come back, and stops when it is blocked", async () => {
    await connect();
    for (let round = 0; round < 5; round += 1) {
      world.socket.drops();
      await vi.advanceTimersByTimeAsync(48_000);
    }
    expect(isBlocked(client.getState())).toBe(true);
    expect(world.sockets).toHaveLength(5);
    expect(world.openSockets).toEqual([]);

    client.retry();
    world.socket.opens();
    expect(client.getState().name).toBe("open");
  });

  it("obeys what the server said before it closed", async () => {
    await connect();
    world.socket.says({ type: "closing", reason: "restart", again: true, retryAfterMs: 1_500 });
    expect(world.openSockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_499);
    expect(world.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(world.sockets).toHaveLength(2);
  });

  it("stays closed when the server says so", async () => {
    await connect();
    world.socket.says({ type: "closing", reason: "Over.", again: false });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(client.getState()).toEqual({ name: "closed", reason: "Over." });
    expect(world.sockets).toHaveLength(1);
  });

  it("stays closed when hello is refused for good", async () => {
    await start();
    world.socket.opens();
    const refusal = { code: "unsupported", message: "Reload the page.", retryable: false };
    world.socket.says({ type: "error", id: "hello", ...refusal });
    expect(client.getState()).toEqual({ name: "closed", reason: "Reload the page." });
  });
});

describe("before the gateway cuts the line for its age", () => {
  const AGE_MS = 0.98 * 7_200_000; // chance is 1 here, so as late as can be

  async function grow(ms: number) {
    for (let passed = 0; passed < ms; passed += 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(5_000, ms - passed));
      const pong = { type: "pong", id: "ping", heads: {}, epoch: {}, serverTime: "" };
      if (client.getState().name === "open") for (const it of world.openSockets) it.says(pong);
    }
  }

  it("a second line opens first, and both deliver until the old one has nothing to say", async () => {
    await connect();
    const [old] = world.sockets;
    await grow(AGE_MS);
    expect(world.sockets).toHaveLength(2);
    expect(old?.isClosed).toBe(false);

    world.socket.opens();
    world.socket.says(helloFrame());
    old?.says(messageFrame(1, "over the old"));
    world.socket.says(messageFrame(2, "over the new"));
    expect(heard.filter(({ type }) => type === "message")).toHaveLength(2);

    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.openSockets).toEqual([world.socket]);
    expect(client.getState().name).toBe("open");
    expect(downs).toBe(0);
  });

  function helloOf(lifetimeSeconds: number): object {
    const { limits } = helloFrame() as { limits: object };
    return helloFrame({ limits: { ...limits, lifetimeSeconds } });
  }

  it.each([
    [60, 0, 51_000],
    [60, 1, 58_800],
    [7_200, 0, 6_120_000],
  ])("comes before the lifetime of %i s is over (chance %i)", async (seconds, chance, ms) => {
    world.chance = chance;
    await start();
    world.socket.opens();
    world.socket.says(helloOf(seconds));
    await grow(ms - 1);
    expect(world.sockets).toHaveLength(1);
    await grow(1);
    expect(world.sockets).toHaveLength(2);
  });

  it("never comes when the server cuts nobody for a month", async () => {
    await start();
    world.socket.opens();
    world.socket.says(helloOf(2_592_000));
    await grow(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  it("keeps the new line when the old one says that it closes", async () => {
    await connect();
    await grow(AGE_MS);
    world.socket.opens();
    world.socket.says(helloFrame());
    world.sockets[0]?.says({ type: "closing", reason: "restart", again: true });
    expect(client.getState().name).toBe("open");
    expect(world.socket.isClosed).toBe(false);
  });

  it("leaves at most one old line behind, however short a lifetime is", async () => {
    await start();
    for (let round = 0; round < 4; round += 1) {
      world.socket.opens();
      world.socket.says(helloOf(3));
      await vi.advanceTimersByTimeAsync(2_940);
    }
    expect(world.sockets).toHaveLength(5);
    expect(world.openSockets).toHaveLength(3); // the new one, the present one, one retiring
  });

  it.each([
    { type: "closing", reason: "restart", again: true },
    { type: "error", id: "hello", code: "busy", message: "Later.", retryable: true },
  ])("stays on the old line when the second is turned away (%j)", async (frame) => {
    await connect();
    await grow(AGE_MS);
    world.socket.opens();
    world.socket.says(frame);
    expect(world.openSockets).toEqual([world.sockets[0]]);
    expect(client.getState().name).toBe("open");
    await grow(30_000);
    expect(world.sockets).toHaveLength(3);
  });

  it("counts what can't be read on the second line too", async () => {
    await connect();
    await grow(AGE_MS);
    world.socket.opens();
    world.socket.says("nonsense");
    expect(client.getSkipped()).toBe(1);
  });

  it("forgets a second line that was under way when the first was lost", async () => {
    await connect();
    await grow(AGE_MS);
    world.sockets[0]?.drops();
    expect(world.openSockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    world.socket.opens();
    world.socket.says(helloFrame());
    await grow(60_000);
    expect(world.openSockets).toHaveLength(1);
    expect(world.sockets).toHaveLength(3);
  });

  it("stays on the old line when the second does not open, and tries again", async () => {
    await connect();
    await grow(AGE_MS);
    world.socket.drops();
    expect(client.getState().name).toBe("open");
    await vi.advanceTimersByTimeAsync(0);
    await grow(30_000);
    expect(world.sockets).toHaveLength(3);
    expect(downs).toBe(0);
  });

  it("leaves none behind when it is stopped in between", async () => {
    await connect();
    await grow(AGE_MS);
    client.stop();
    expect(world.openSockets).toEqual([]);
  });
});

describe("coming back after a reload", () => {
  async function comeBack() {
    const listener = {
      greeting: () => ({ action: "hello", v: 1 }) as const,
      heard: () => {},
      down: () => {},
    };
    client = new ConnectionClient("ws://here/ws", listener, world, true);
    await start();
    world.socket.drops();
    await vi.advanceTimersByTimeAsync(0);
  }

  it("keeps trying when the server is away", async () => {
    world.alive = false;
    await comeBack();
    expect(client.getState().name).toBe("waiting");
  });

  it("goes to the door when the server is there and does not let one in", async () => {
    await comeBack();
    expect(client.getState()).toEqual({ name: "refused", reason: "refused" });
  });
});

it("counts the frames that it skips, and tells whoever watches", async () => {
  const told = vi.fn();
  client.subscribe(() => told(client.getSkipped()));
  await connect();
  world.socket.says("nonsense");
  world.socket.says({ type: "presence" });
  expect(client.getSkipped()).toBe(2);
  expect(told).toHaveBeenLastCalledWith(2);
});

it("finds the server that gave us the page", () => {
  const page = (href: string) => new URL(href) as unknown as Location;
  expect(addressFor("Ada K", page("http://chat.local:8080/x"))).toBe(
    "ws://chat.local:8080/ws?username=Ada%20K",
  );
  expect(addressFor("Zoë&x=1", page("https://chat.example/"))).toBe(
    "wss://chat.example/ws?username=Zo%C3%AB%26x%3D1",
  );
});
