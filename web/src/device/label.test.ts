import { expect, it } from "vitest";
import { deviceLabel, isHandheld } from "./label";

const MOZILLA = "Mozilla/5.0";

it.each([
  [`${MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox on Linux"],
  [
    `${MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604`,
    "Safari on iPhone",
  ],
  [`${MOZILLA} (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140`, "Edge on Windows"],
  [`${MOZILLA} (Linux; Android 15) AppleWebKit/537 Chrome/140 Safari/537`, "Chrome on Android"],
  [`${MOZILLA} (Macintosh; Intel Mac OS X 15_0) Version/18.0 Safari/605`, "Safari on Mac"],
  ["curl/8 (Linux)", "Linux"],
  ["", undefined],
])("%s is called %s", (userAgent, label) => {
  expect(deviceLabel(userAgent)).toBe(label);
});

it("tells what is held in a hand", () => {
  expect(isHandheld("Safari on iPhone")).toBe(true);
  expect(isHandheld("Firefox on Linux")).toBe(false);
});
