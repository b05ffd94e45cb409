// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  FakeNetwork,
  handshakeAt,
  helloFrame,
  messageFrame,
  pageFrame,
} from "../testing/fakeNetwork";
import type { Frame } from "../wire/parse";
import { ConnectionClient } from "./client";
import { addressFor } from "./handshake";
import { storeInvite } from "./invite";
import { isBlocked } from "./machine";

let network: FakeNetwork;
let client: ConnectionClient;
let heard: Frame[];
let downs: number;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  network = new FakeNetwork();
  heard = [];
  downs = 0;
  const listener = {
    greeting: () => ({ action: "hello", v: 2 }) as const,
    receive: (frame: Frame) => heard.push(frame),
    disconnected: () => {
      downs += 1;
    },
  };
  client = new ConnectionClient(handshakeAt("ws://here/ws"), listener, network);
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
  network.socket.opens();
  network.socket.says(helloFrame());
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
    expect(network.sockets).toHaveLength(1);
  });

  it("opens none when it is stopped at once", async () => {
    client.start();
    client.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(network.sockets).toHaveLength(0);
  });

  it("says hello when the socket opens", async () => {
    await connect();
    expect(network.socket.sent).toEqual([{ action: "hello", v: 2, id: "hello" }]);
    expect(client.getState().name).toBe("open");
  });

  it.each([
    [true, "refused"],
    [false, "away"],
  ])("says why a first handshake failed (page alive: %s)", async (alive, reason) => {
    network.isUp = alive;
    await start();
    network.socket.drops();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.getState()).toEqual({ name: "refused", reason });
    expect(network.sockets).toHaveLength(1);
  });

  it("gives a handshake twenty seconds", async () => {
    await start();
    await vi.advanceTimersByTimeAsync(19_900);
    expect(client.getState().name).toBe("connecting");
    await vi.advanceTimersByTimeAsync(100);
    expect(client.getState().name).toBe("refused");
    expect(network.openSockets).toEqual([]);
  });
});

describe("a connection", () => {
  it("is pinged at the interval that the server asks for", async () => {
    await connect();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(network.socket.asked("ping")).toHaveLength(1);
    network.socket.says({ type: "pong", id: "ping", heads: {}, epoch: {}, serverTime: "" });
    await vi.advanceTimersByTimeAsync(25_000);
    expect(network.socket.asked("ping")).toHaveLength(2);
  });

  it("is pinged when the page is visible again", async () => {
    await connect();
    appear();
    expect(network.socket.asked("ping")).toHaveLength(1);
  });

  it("is dead when nothing answers for ten seconds", async () => {
    await connect();
    client.ask({ action: "sendMessage", id: "n1", message: "hi", nonce: "n1" });
    const first = network.socket;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.isClosed).toBe(true);
    expect(client.getState().name).toBe("waiting");
    expect(downs).toBe(1);
  });

  it("stays open while a page of messages comes over a slow line, and an answer behind it", async () => {
    await connect();
    client.ask({ action: "getHistory", id: "newest" });
    client.ask({ action: "sendMessage", id: "n1", message: "hi", nonce: "n1" });
    await vi.advanceTimersByTimeAsync(20_000);
    network.socket.says(pageFrame(["one"]));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(client.getState().name).toBe("open");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.getState().name).toBe("waiting");
  });

  it("stays open when a push with my nonce comes in place of the answer", async () => {
    await connect();
    client.ask({ action: "sendMessage", id: "n1", message: "hi", nonce: "n1" });
    network.socket.says(messageFrame(1, "hi", { nonce: "n1" }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.getState().name).toBe("open");
  });

  it("ignores what is not a frame", async () => {
    await connect();
    network.socket.says("nonsense");
    network.socket.says({ type: "presence" });
    expect(heard.map(({ type }) => type)).toEqual(["hello"]);
  });

  it("ignores frames from a socket that it has left", async () => {
    await connect();
    const old = network.socket;
    old.drops();
    old.says(messageFrame(1, "late"));
    old.opens();
    expect(heard.map(({ type }) => type)).toEqual(["hello"]);
    expect(client.getState().name).toBe("waiting");
  });
});

describe("a lost connection", () => {
  it("comes back by itself, with one socket at a time", async () => {
    await connect();
    network.isUp = false;
    for (let round = 0; round < 5; round += 1) {
      network.socket.drops();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(network.openSockets.length).toBeLessThanOrEqual(1);
    }
    expect(network.sockets.length).toBeGreaterThan(5);
  });

  it.each([
    ["the network is back", () => dispatchEvent(new Event("online"))],
    ["the page is seen", appear],
    ["the user retries", () => client.retry()],
  ])("is tried at once when %s", async (_, wake) => {
    await connect();
    network.socket.drops();
    wake();
    expect(network.sockets).toHaveLength(2);
  });

  it("asks for the page's origin when it does not come back, and stops when it is blocked", async () => {
    await connect();
    for (let round = 0; round < 5; round += 1) {
      network.socket.drops();
      await vi.advanceTimersByTimeAsync(48_000);
    }
    expect(isBlocked(client.getState())).toBe(true);
    expect(network.sockets).toHaveLength(5);
    expect(network.openSockets).toEqual([]);

    client.retry();
    network.socket.opens();
    expect(client.getState().name).toBe("open");
  });

  it("obeys what the server said before it closed", async () => {
    await connect();
    network.socket.says({ type: "closing", reason: "restart", again: true, retryAfterMs: 1_500 });
    expect(network.openSockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_499);
    expect(network.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(network.sockets).toHaveLength(2);
  });

  it.each([
    [90_000, 90_000],
    [2 ** 40, 2 ** 31 - 1],
  ])("waits for as long as a server says that refuses hello (%i ms)", async (told, waited) => {
    await start();
    network.socket.opens();
    const refusal = { code: "rate_limited", message: "Later.", retryable: true };
    network.socket.says({ type: "error", id: "hello", ...refusal, retryAfterMs: told });
    await vi.advanceTimersByTimeAsync(waited - 1);
    expect(network.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(network.sockets).toHaveLength(2);
  });

  it("stays closed when the server says so", async () => {
    await connect();
    network.socket.says({ type: "closing", reason: "Over.", again: false });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(client.getState()).toEqual({ name: "closed", reason: "Over." });
    expect(network.sockets).toHaveLength(1);
  });

  it("stays closed when hello is refused for good", async () => {
    await start();
    network.socket.opens();
    const refusal = { code: "forbidden", message: "Reload the page.", retryable: false };
    network.socket.says({ type: "error", id: "hello", ...refusal });
    expect(client.getState()).toEqual({ name: "closed", reason: "Reload the page." });
  });

  it("speaks the first version to a server that knows no other, and gives up at the next refusal", async () => {
    await start();
    network.socket.opens();
    const refusal = { code: "unsupported", message: "Version 1 only.", retryable: false };
    network.socket.says({ type: "error", id: "hello", ...refusal });
    expect(network.socket.asked("hello").map(({ v }) => v)).toEqual([2, 1]);
    network.socket.says({ type: "error", id: "hello", ...refusal });
    expect(client.getState()).toEqual({ name: "closed", reason: "Version 1 only." });
  });

  it("is back at the door when the name belongs to somebody, at hello or at a ping", async () => {
    const refusal = { type: "error", code: "name_taken", message: "Taken.", retryable: false };
    for (const id of ["hello", "ping"]) {
      await connect();
      network.socket.says({ ...refusal, id });
      expect(client.getState()).toEqual({ name: "refused", reason: "taken" });
      expect(network.openSockets).toEqual([]);
      client.stop();
    }
  });
});

describe("before the gateway closes the connection for its age", () => {
  const AGE_MS = 0.98 * 7_200_000; // chance is 1 here, so as late as can be

  async function grow(ms: number) {
    for (let passed = 0; passed < ms; passed += 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(5_000, ms - passed));
      const pong = { type: "pong", id: "ping", heads: {}, epoch: {}, serverTime: "" };
      if (client.getState().name === "open") for (const it of network.openSockets) it.says(pong);
    }
  }

  it("a second one opens first, and both deliver until the old one is idle", async () => {
    await connect();
    const [old] = network.sockets;
    await grow(AGE_MS);
    expect(network.sockets).toHaveLength(2);
    expect(old?.isClosed).toBe(false);

    network.socket.opens();
    network.socket.says(helloFrame());
    old?.says(messageFrame(1, "over the old"));
    network.socket.says(messageFrame(2, "over the new"));
    expect(heard.filter(({ type }) => type === "message")).toHaveLength(2);

    await grow(60_000);
    expect(network.openSockets).toEqual([network.socket]);
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
    network.chance = chance;
    await start();
    network.socket.opens();
    network.socket.says(helloOf(seconds));
    await grow(ms - 1);
    expect(network.sockets).toHaveLength(1);
    await grow(1);
    expect(network.sockets).toHaveLength(2);
  });

  it("never comes when the server allows a lifetime of a month", async () => {
    await start();
    network.socket.opens();
    network.socket.says(helloOf(2_592_000));
    await grow(60_000);
    expect(network.sockets).toHaveLength(1);
  });

  it("keeps the new connection when the old one says that it closes", async () => {
    await connect();
    await grow(AGE_MS);
    network.socket.opens();
    network.socket.says(helloFrame());
    network.sockets[0]?.says({ type: "closing", reason: "restart", again: true });
    expect(client.getState().name).toBe("open");
    expect(network.socket.isClosed).toBe(false);
  });

  it("leaves at most one old connection, however short a lifetime is", async () => {
    await start();
    for (let round = 0; round < 4; round += 1) {
      network.socket.opens();
      network.socket.says(helloOf(3));
      await vi.advanceTimersByTimeAsync(2_940);
    }
    expect(network.sockets).toHaveLength(5);
    expect(network.openSockets).toHaveLength(3); // the new one, the present one, one retiring
  });

  it.each([
    { type: "closing", reason: "restart", again: true },
    { type: "error", id: "hello", code: "busy", message: "Later.", retryable: true },
  ])("keeps the old connection when the second is refused (%j)", async (frame) => {
    await connect();
    await grow(AGE_MS);
    network.socket.opens();
    network.socket.says(frame);
    expect(network.openSockets).toEqual([network.sockets[0]]);
    expect(client.getState().name).toBe("open");
    await grow(30_000);
    expect(network.sockets).toHaveLength(3);
  });

  it.each([
    { type: "closing", reason: "restart", again: true, retryAfterMs: 90_000 },
    {
      ...{ type: "error", id: "hello", code: "rate_limited", message: "Later." },
      ...{ retryable: true, retryAfterMs: 90_000 },
    },
  ])("opens a third not before the server says (%j)", async (frame) => {
    await connect();
    await grow(AGE_MS);
    network.socket.opens();
    network.socket.says(frame);
    await grow(89_999);
    expect(network.sockets).toHaveLength(2);
    await grow(1);
    expect(network.sockets).toHaveLength(3);
  });

  it("falls back to the invite it came with where a newer one is refused, and tries that again", async () => {
    const [mine, newer] = ["AbCdEfGhIjKlMnOpQrSt_-", "zzzzzzzzzzzzzzzzzzzzzz"];
    storeInvite(mine);
    await connect();
    storeInvite(newer);
    await grow(AGE_MS);
    for (let round = 0; round < 3; round += 1) {
      network.socket.drops();
      await grow(30_000);
    }
    const offered = network.sockets.slice(1).map(({ subprotocols }) => subprotocols.at(-1));
    expect(offered).toEqual([newer, mine, newer, mine].map((it) => `invite.${it}`));
    network.socket.opens();
    network.socket.says(helloFrame());
    expect(client.getState().name).toBe("open");
    expect(downs).toBe(0);
  });

  it("counts bad frames on the second connection too", async () => {
    await connect();
    await grow(AGE_MS);
    network.socket.opens();
    network.socket.says("nonsense");
    expect(client.getSkipped()).toBe(1);
  });

  it("takes a page of messages that the old connection brings within a minute", async () => {
    await connect();
    await grow(AGE_MS - 1);
    client.ask({ action: "getHistory", id: "older-9", before: 9 });
    await grow(1);
    const [old] = network.sockets;
    network.socket.opens();
    network.socket.says(helloFrame());
    await grow(50_000);
    old?.says(pageFrame(["late"], { id: "older-9" }));
    expect(heard.at(-1)).toMatchObject({ id: "older-9" });
    expect(client.getState().name).toBe("open");
    await grow(10_000);
    expect(network.openSockets).toEqual([network.socket]);
  });

  it("drops a second connection that was opening when the first was lost", async () => {
    await connect();
    await grow(AGE_MS);
    network.sockets[0]?.drops();
    expect(network.openSockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    network.socket.opens();
    network.socket.says(helloFrame());
    await grow(60_000);
    expect(network.openSockets).toHaveLength(1);
    expect(network.sockets).toHaveLength(3);
  });

  it("keeps the old connection when the second does not open, and tries again", async () => {
    await connect();
    await grow(AGE_MS);
    network.socket.drops();
    expect(client.getState().name).toBe("open");
    await vi.advanceTimersByTimeAsync(0);
    await grow(30_000);
    expect(network.sockets).toHaveLength(3);
    expect(downs).toBe(0);
  });

  it("leaves no socket open when it is stopped in between", async () => {
    await connect();
    await grow(AGE_MS);
    client.stop();
    expect(network.openSockets).toEqual([]);
  });
});

describe("coming back after a reload", () => {
  async function reconnect() {
    const listener = {
      greeting: () => ({ action: "hello", v: 2 }) as const,
      receive: () => {},
      disconnected: () => {},
    };
    client = new ConnectionClient(handshakeAt("ws://here/ws"), listener, network, true);
    await start();
    network.socket.drops();
    await vi.advanceTimersByTimeAsync(0);
  }

  it("keeps trying when the server is away", async () => {
    network.isUp = false;
    await reconnect();
    expect(client.getState().name).toBe("waiting");
  });

  it("shows the join form when a running server refuses", async () => {
    await reconnect();
    expect(client.getState()).toEqual({ name: "refused", reason: "refused" });
  });
});

it("counts the frames that it skips, and notifies subscribers", async () => {
  const told = vi.fn();
  client.subscribe(() => told(client.getSkipped()));
  await connect();
  network.socket.says("nonsense");
  network.socket.says({ type: "presence" });
  expect(client.getSkipped()).toBe(2);
  expect(told).toHaveBeenLastCalledWith(2);
});

it("finds the server that the page came from", () => {
  const page = (href: string) => new URL(href) as unknown as Location;
  expect(addressFor("Ada K", page("http://chat.local:8080/x"))).toBe(
    "ws://chat.local:8080/ws?username=Ada%20K",
  );
  expect(addressFor("Ada", page("https://example.com/chat/?a=1#b"))).toBe(
    "wss://example.com/chat/ws?username=Ada",
  );
  expect(addressFor("Ada", page("https://example.com/a/chat/index.html"))).toBe(
    "wss://example.com/a/chat/ws?username=Ada",
  );
  expect(addressFor("Zoë&x=1", page("https://chat.example/"))).toBe(
    "wss://chat.example/ws?username=Zo%C3%AB%26x%3D1",
  );
});
