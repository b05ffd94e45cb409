// @vitest-environment happy-dom
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Outage, useOutage } from "./useOutage";

let root: Root;
let outage: Outage;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.useFakeTimers();
  root = createRoot(document.createElement("div"));
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function Line({ isUp }: { isUp: boolean }) {
  outage = useOutage(isUp);
  return null;
}

/** The line is up or down for so long; which outages did one see in that time? */
async function line(state: "up" | "down", ms: number): Promise<Outage[]> {
  await act(async () => root.render(createElement(Line, { isUp: state === "up" })));
  const seen = [outage];
  for (let passed = 0; passed < ms; passed += 50) {
    await act(async () => vi.advanceTimersByTimeAsync(50));
    if (outage !== seen.at(-1)) seen.push(outage);
  }
  return seen;
}

describe("a lost connection", () => {
  it("is announced after a while, and no longer when it is back", async () => {
    expect(await line("up", 10_000)).toEqual(["none"]);
    expect(await line("down", 1_900)).toEqual(["none"]);
    expect(await line("up", 5_000)).toEqual(["none"]);
    expect(await line("down", 10_000)).toEqual(["none", "noticed", "lasting"]);
    expect(await line("up", 1_100)).toEqual(["lasting", "none"]);
  });

  it("is not back when the server greets and drops at once, again and again", async () => {
    await line("up", 10_000);
    const seen: Outage[] = [];
    for (const pause of [400, 1_500, 3_000, 6_000, 12_000]) {
      seen.push(...(await line("down", pause)));
      seen.push(...(await line("up", 200)));
    }
    expect([...new Set(seen)]).toEqual(["none", "noticed", "lasting"]);
    expect(seen.lastIndexOf("none")).toBeLessThan(seen.indexOf("noticed"));
    expect(seen.lastIndexOf("noticed")).toBeLessThan(seen.indexOf("lasting"));
  });

  it("counts from zero after a stable connection", async () => {
    await line("down", 4_000);
    await line("up", 1_500);
    expect(await line("down", 1_900)).toEqual(["none"]);
  });
});
