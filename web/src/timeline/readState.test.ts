import { describe, expect, it } from "vitest";
import type { MessageFrame } from "../wire/frames";
import { NOTHING_READ, type Reading, reckon as reckonLog } from "./readState";

function upTo(count: number, mine: readonly number[] = []): MessageFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const userId = mine.includes(seq) ? "me" : "ann";
    const text = { username: userId, message: "hi", room: "general", timestamp: "" };
    return { type: "message", messageId: `m${seq}`, seq, userId, ...text };
  });
}

/** Online and complete, so that the newest we hold is the newest there is. */
function reckon(reading: Reading, messages: MessageFrame[], myId: string, watching: boolean) {
  const head = messages.at(-1)?.seq ?? 0;
  return reckonLog(reading, { messages, head, myId }, watching);
}

const here = reckon(NOTHING_READ, upTo(3), "me", true);

describe("reading", () => {
  it("starts with everything read: who comes for the first time has missed nothing", () => {
    expect(here).toEqual({ read: 3, line: null, unread: 0 });
  });

  it("draws no line above what comes before my eyes", () => {
    expect(reckon(here, upTo(5), "me", true)).toEqual({ read: 5, line: null, unread: 0 });
  });

  it("counts what others say while I look away, and keeps the line when I am back", () => {
    const away = reckon(here, upTo(6, [5]), "me", false);
    expect(away).toEqual({ read: 3, line: { after: 3, count: 2 }, unread: 2 });
    const back = reckon(away, upTo(6, [5]), "me", true);
    expect(back).toEqual({ read: 6, line: { after: 3, count: 2 }, unread: 0 });
    expect(reckon(back, upTo(8), "me", true).line).toEqual({ after: 3, count: 2 });
  });

  it("moves the line when I leave again", () => {
    const back = reckon(reckon(here, upTo(6), "me", false), upTo(6), "me", true);
    expect(reckon(back, upTo(7), "me", false).line).toEqual({ after: 6, count: 1 });
  });

  it("is one and the same reading while nothing changes", () => {
    expect(reckon(here, upTo(3), "me", true)).toBe(here);
  });

  it("begins anew with a log that was replaced", () => {
    expect(reckon(here, upTo(2), "me", false)).toEqual({ read: 2, line: null, unread: 0 });
  });

  it("forgets nothing read over an older picture that the device kept", () => {
    const older = { messages: upTo(2), head: null, myId: "me" };
    expect(reckonLog(here, older, true)).toBe(here);
    expect(reckon(here, upTo(3), "me", false)).toBe(here);
  });

  it("forgets nothing read while one reads too far back to hold the end", () => {
    const partly = { messages: upTo(2), head: 3, myId: "me" };
    expect(reckonLog(here, partly, false)).toBe(here);
  });
});
