import { describe, expect, it } from "vitest";
import type { MessageFrame } from "../wire/frames";
import { earlier, later, pinned, sliceOf } from "./mounted";

function upTo(newest: number, oldest = 1): MessageFrame[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => {
    const seq = oldest + index;
    const said = { messageId: `m${seq}`, username: "Ann", userId: "ann", message: "hi" };
    return { type: "message", seq, room: "general", timestamp: "", ...said };
  });
}

describe("the rows in the page", () => {
  it("are all that there are, and the newest 500 when there are more", () => {
    expect(sliceOf(upTo(3), null)).toEqual({ start: 0, end: 3 });
    expect(sliceOf(upTo(600), null)).toEqual({ start: 100, end: 600 });
  });

  it("keep the first one while messages are added below", () => {
    const first = pinned(upTo(500), null);
    expect(sliceOf(upTo(503), first)).toEqual({ start: 0, end: 500 });
  });

  it("include an older page when it arrives above, and keep it from then on", () => {
    const first = pinned(upTo(500, 51), null);
    expect(sliceOf(upTo(500), first)).toEqual({ start: 0, end: 500 });
    expect(sliceOf(upTo(501), pinned(upTo(500), first))).toEqual({ start: 0, end: 500 });
  });

  it("move up and down by a hundred, as far as there are rows", () => {
    const all = upTo(650);
    const first = pinned(all, null);
    expect(first).toBe(151);
    const up = earlier(all, first);
    expect([up, earlier(all, up), earlier(all, 1)]).toEqual([51, 1, 1]);
    expect([later(all, 1), later(all, up), later(all, 151)]).toEqual([101, 151, 151]);
  });

  it("are the newest when the first one is gone because the log was replaced", () => {
    expect(sliceOf(upTo(20), 300)).toEqual({ start: 0, end: 20 });
  });
});
