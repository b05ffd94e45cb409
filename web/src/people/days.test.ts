import { afterEach, expect, it, vi } from "vitest";
import { dayNamed, isToday } from "./days";

afterEach(() => vi.useRealTimers());

it("names a day of the server's calendar, with the year when it is another", () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 5, 12) });
  expect(dayNamed("2026-06-02")).not.toContain("2026");
  expect(dayNamed("2026-06-02")).toContain("2");
  expect(dayNamed("2025-12-31")).toContain("2025");
});

it("knows today by the same calendar", () => {
  const now = Date.UTC(2026, 5, 5, 23, 59);
  expect(isToday("2026-06-05", now)).toBe(true);
  expect(isToday("2026-06-04", now)).toBe(false);
});
