// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import {
  deviceLinkIn,
  deviceLinkOf,
  personIn,
  storedDeviceLink,
  storedOwnerLink,
  takeLinks,
} from "./links";

const DEVICE = `${"d".repeat(22)}.YWRhIGtlc3RyZWw`;
const OWNER = "o".repeat(30);

beforeEach(() => localStorage.clear());

function opened(hash: string) {
  const past = { replaceState: vi.fn() };
  const page = { hash, pathname: "/chat/", search: "" } as Location;
  return { took: takeLinks(page, past as unknown as History), past: past.replaceState };
}

it.each([
  [`#device=${DEVICE}`, "/chat/"],
  [`#device=${DEVICE}&invite=abc`, "/chat/#invite=abc"],
  [`#invite=abc&device=${encodeURIComponent(DEVICE)}`, "/chat/#invite=abc"],
])("takes a device's link out of the address %s", (hash, rest) => {
  const { took, past } = opened(hash);
  expect(took).toBe(true);
  expect(storedDeviceLink()).toBe(DEVICE);
  expect(past).toHaveBeenCalledWith(null, "", rest);
});

it("takes the owner link, and says that it adds no device", () => {
  expect(opened(`#owner=${OWNER}`).took).toBe(false);
  expect(storedOwnerLink()).toBe(OWNER);
});

it.each(["", "#invite=abc", "#device=short", "#mydevice=x"])("leaves %s alone", (hash) => {
  expect(opened(hash).past).not.toHaveBeenCalled();
  expect(storedDeviceLink()).toBeNull();
});

it("finds the secret in a pasted link, and in a link that it made itself", () => {
  const link = deviceLinkOf(DEVICE, { href: "https://chat.example/a/#x" } as Location);
  expect(link).toBe(`https://chat.example/a/#device=${DEVICE}`);
  expect(deviceLinkIn(` ${link} `)).toBe(DEVICE);
  expect(deviceLinkIn(DEVICE)).toBe(DEVICE);
  expect(deviceLinkIn("https://chat.example/#invite=abc")).toBeNull();
});

it("knows who a link names", () => {
  expect(personIn(DEVICE)).toBe("ada kestrel");
  expect(personIn(`${"d".repeat(22)}.0J_QtdGC0YA`)).toBe("Петр");
  expect(personIn("nonsense")).toBeNull();
});
