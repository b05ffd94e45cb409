// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Visit, visit } from "../chat";
import type { Database } from "../device/database";
import { secretOf } from "../device/secrets";
import { FakeNetwork, fakePlatform, helloFrame, userNamed } from "../testing/fakeNetwork";
import { storedAs } from "./identity";
import { takeLinks } from "./links";

const CODE = "K7QM 2XPA 9RTD HW4C 6ENB V3JS";
const ADA = userNamed("Ada", { claimed: true });
const WELCOME = { features: ["claim", "moderation"] };

let network: FakeNetwork;
let database: Database;
let ada: Visit;

beforeEach(async () => {
  vi.useFakeTimers();
  localStorage.clear();
  network = new FakeNetwork();
  const platform = fakePlatform(network);
  database = platform.storage().database;
  ada = visit("Ada", platform);
  ada.client.start();
  await settled();
});

afterEach(() => {
  ada.client.stop();
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const self = () => ada.identity.getSelf();

async function greeted(more: object = {}) {
  network.socket.opens();
  network.socket.says(helloFrame({ ...WELCOME, ...more }));
  await settled();
}

async function answers(action: string, frame: object) {
  const id = network.socket.asked(action).at(-1)?.id;
  network.socket.says({ ...frame, id });
  await settled();
}

async function claimed() {
  await greeted();
  await answers("claim", { type: "claimed", user: ADA, recovery: CODE });
}

describe("a claim", () => {
  it("is made after hello, with the secret that the handshake showed", async () => {
    const { secret } = await secretOf(database, "Ada");
    expect(network.socket.subprotocols).toEqual(["fireside.v1", `device.${secret}`]);
    await greeted();
    expect(network.socket.asked("claim")).toMatchObject([{ name: "Ada" }]);
    await answers("claim", { type: "claimed", user: ADA, recovery: CODE });
    expect(self()).toMatchObject({ user: ADA, code: CODE, needsWayBack: true });
    expect(await secretOf(database, "Ada")).toEqual({ secret, userId: "ada" });
    expect(ada.identity.address()).toContain("?username=Ada&user=ada");
    expect(network.sockets).toHaveLength(1);
  });

  it("is not made on a server that knows no claims, nor by a person", async () => {
    await greeted({ features: [] });
    expect(network.socket.asked("claim")).toEqual([]);
    network.socket.says(helloFrame({ ...WELCOME, user: ADA }));
    expect(network.socket.asked("claim")).toEqual([]);
  });

  it("comes before the next hello where names must be claimed", async () => {
    network.socket.opens();
    const error = { type: "error", id: "hello", code: "unauthorized", retryable: false };
    network.socket.says({ ...error, message: "Claim it first" });
    await answers("claim", { type: "claimed", user: ADA, recovery: CODE });
    await settled();
    expect(network.sockets).toHaveLength(2);
    await greeted({ user: ADA });
    expect(ada.client.getState().name).toBe("open");
  });

  it("is followed by another connection when the person has another id than the name", async () => {
    await greeted();
    await answers("claim", { type: "claimed", user: { ...ADA, userId: "ada~1" }, recovery: null });
    await settled();
    expect(network.sockets).toHaveLength(2);
    expect(network.socket.url).toContain("&user=ada~1");
  });

  it("leads back to the door when the name belongs to somebody", async () => {
    await greeted();
    await answers("claim", { type: "error", code: "name_taken", message: "", retryable: false });
    expect(ada.client.getState()).toEqual({ name: "refused", reason: "taken" });
  });
});

describe("the way back", () => {
  it("is asked for until the code is kept", async () => {
    await claimed();
    ada.identity.settledWayBack();
    expect(self()).toMatchObject({ code: null, needsWayBack: false });
  });

  it("can wait, and its code can still be read", async () => {
    await claimed();
    ada.identity.postponeWayBack();
    expect(self()).toMatchObject({ code: CODE, needsWayBack: false });
  });

  it("is made anew on demand; without a connection that fails at once", async () => {
    await claimed();
    const renewing = ada.identity.renewCode();
    await answers("recovery", { type: "recovery", code: "NEW" });
    expect(await renewing).toBeNull();
    expect(self().code).toBe("NEW");
    network.socket.drops();
    expect(await ada.identity.renewCode()).toBe("");
  });
});

describe("another name", () => {
  it("takes the secret along, and what the device stores stays where it was", async () => {
    await claimed();
    const { secret } = await secretOf(database, "Ada");
    const user = { ...ADA, username: "Grace" };
    network.socket.says({ type: "you", user, change: "renamed" });
    await settled();
    expect(await secretOf(database, "Grace")).toEqual({ secret, userId: "ada" });
    expect((await secretOf(database, "Ada")).secret).not.toBe(secret);
    expect(ada.identity.getName()).toBe("Grace");
    expect(storedAs("Grace")).toBe("Ada");
    network.socket.says({ type: "you", user: ADA, change: "renamed" });
    expect(storedAs("Grace")).toBe("Grace");
    expect(storedAs("Ada")).toBe("Ada");
  });
});

describe("what others do to me", () => {
  it.each([
    ["device_added", { device: "d1" }, {}, { kind: "added", device: "d1" }],
    ["device_link", {}, {}, { kind: "link" }],
    ["role", {}, { role: "moderator" }, { kind: "moderator" }],
    ["role", {}, { role: "member" }, null],
    ["muted", {}, { mutedUntil: "2026-12-01T00:00:00Z" }, null],
  ])("is noticed (%s)", async (change, more, user, notice) => {
    await claimed();
    network.socket.says({ type: "you", user: { ...ADA, ...user }, change, ...more });
    expect(self().notice).toEqual(notice);
    expect(self().user).toMatchObject(user);
  });
});

describe("the owner link", () => {
  const SECRET = "o".repeat(22);

  beforeEach(() => {
    takeLinks({ ...location, hash: `#owner=${SECRET}`, pathname: "/", search: "" } as Location);
  });

  it("is used once there is a person, and forgotten when it was", async () => {
    await greeted();
    expect(network.socket.asked("own")).toEqual([]);
    await answers("claim", { type: "claimed", user: ADA, recovery: CODE });
    expect(network.socket.asked("own")).toMatchObject([{ secret: SECRET }]);
    await answers("own", { type: "you", user: { ...ADA, role: "owner" }, change: "role" });
    expect(self().notice).toEqual({ kind: "owner" });
    network.socket.says({ type: "you", user: ADA, change: "recovery" });
    expect(network.socket.asked("own")).toHaveLength(1);
  });

  it("is tried again after a lost connection, and its refusal is shown", async () => {
    await claimed();
    network.socket.drops();
    await vi.advanceTimersByTimeAsync(5_000);
    await greeted({ user: ADA });
    await answers("own", { type: "error", code: "forbidden", message: "No.", retryable: false });
    expect(self().notice).toEqual({ kind: "said", text: "No." });
  });
});

it("signs this device out, and none where the server can't be reached", async () => {
  await claimed();
  const signing = ada.identity.signOut();
  const device = { label: "", addedAt: "2026-11-30T00:00:00Z", lastDay: "2026-11-30" };
  const listed = [
    { ...device, device: "other", here: false },
    { ...device, device: "own", here: true },
  ];
  await answers("devices", { type: "devices", devices: listed });
  await answers("revokeDevice", { type: "devices", devices: [] });
  await signing;
  expect(network.socket.asked("revokeDevice")).toMatchObject([{ device: "own" }]);
  network.socket.drops();
  await ada.identity.signOut();
});
