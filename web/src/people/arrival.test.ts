// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { secretOf } from "../device/secrets";
import { FakeNetwork, fakePlatform, userNamed } from "../testing/fakeNetwork";
import { type Arrival, arrivalByCode, arrivalByLink } from "./arrival";
import { storeDeviceLink, storedDeviceLink } from "./links";
import { heldCode } from "./recoveryCode";

const LINK = `${"d".repeat(22)}.YWRhfjE`; // of ada~1
const CODE = "K7QM2XPA9RTDHW4C6ENBV3JS";
const ADA = userNamed("Ada", { userId: "ada~1", claimed: true });

let network: FakeNetwork;
let platform: ReturnType<typeof fakePlatform>;
let arrival: Arrival;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  network = new FakeNetwork();
  platform = fakePlatform(network);
});

afterEach(() => {
  arrival.client.stop();
  vi.useRealTimers();
});

async function comes(how: Arrival) {
  arrival = how;
  arrival.client.start();
  await vi.advanceTimersByTimeAsync(0);
  network.socket.opens();
}

it("by a link: shows it, sends it, and is the person that the answer names", async () => {
  storeDeviceLink(LINK);
  await comes(arrivalByLink(LINK, platform));
  expect(network.socket.url).toMatch(/\?username=ada&user=ada~1$/);
  const [, device, link] = network.socket.subprotocols;
  expect(link).toBe(`link.${LINK}`);
  expect(network.socket.sent).toMatchObject([{ action: "link", secret: LINK }]);
  network.socket.says({ type: "linked", id: "hello", user: ADA });
  await vi.advanceTimersByTimeAsync(0);
  expect(arrival.getUser()).toEqual(ADA);
  const { secret, userId } = await secretOf(platform.storage().database, "Ada");
  expect([`device.${secret}`, userId]).toEqual([device, "ada~1"]);
  expect(storedDeviceLink()).toBeNull();
  expect(network.openSockets).toEqual([]);
});

it("shows the same device again after a lost connection", async () => {
  await comes(arrivalByLink(LINK, platform));
  const [, before] = network.socket.subprotocols;
  network.socket.drops();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(network.sockets).toHaveLength(2);
  expect(network.socket.subprotocols[1]).toBe(before);
});

it("by the code: holds the new one, to be kept", async () => {
  await comes(arrivalByCode("Ada", CODE, platform));
  expect(network.socket.subprotocols).toContain(`recover.${CODE}`);
  expect(network.socket.sent).toMatchObject([{ action: "recover", name: "Ada", code: CODE }]);
  network.socket.says({ type: "linked", id: "hello", user: ADA, recovery: "AB CD" });
  await vi.advanceTimersByTimeAsync(0);
  expect(heldCode("ada~1")).toBe("AB CD");
});

it("says why it is refused", async () => {
  await comes(arrivalByLink(LINK, platform));
  const error = { type: "error", id: "hello", code: "not_found", retryable: false };
  network.socket.says({ ...error, message: "That link was used" });
  expect(arrival.client.getState()).toEqual({ name: "closed", reason: "That link was used" });
});
