import { describe, expect, it } from "vitest";
import type { MessageFrame } from "../wire/frames";
import { NOTHING_READ, type ReadState, updateReadState as updateLog } from "./readState";

function upTo(count: number, mine: readonly number[] = []): MessageFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const userId = mine.includes(seq) ? "me" : "ann";
    const text = { username: userId, message: "hi", room: "general", timestamp: "" };
    return { type: "message", messageId: `m${seq}`, seq, userId, ...text };
  });
}

/** Online and complete, so that the newest we hold is the newest there is. */
function updateReadState(
  readState: ReadState,
  messages: MessageFrame[],
  myId: string,
  watching: boolean,
  readAnywhere = 0,
) {
  const head = messages.at(-1)?.seq ?? 0;
  return updateLog(readState, { messages, head, epoch: "e1", myId, readAnywhere }, watching);
}

const here = updateReadState(NOTHING_READ, upTo(3), "me", true);

describe("the read state", () => {
  it("starts with everything read: a new user has missed nothing", () => {
    expect(here).toEqual({ epoch: "e1", lastRead: 3, divider: null, unread: 0 });
  });

  it("puts no divider above messages that arrive in view", () => {
    expect(updateReadState(here, upTo(5), "me", true)).toEqual({
      epoch: "e1",
      lastRead: 5,
      divider: null,
      unread: 0,
    });
  });

  it("counts messages of others while I look away, and keeps the divider when I am back", () => {
    const away = updateReadState(here, upTo(6, [5]), "me", false);
    expect(away).toEqual({ epoch: "e1", lastRead: 3, divider: { after: 3, count: 2 }, unread: 2 });
    const back = updateReadState(away, upTo(6, [5]), "me", true);
    expect(back).toEqual({ epoch: "e1", lastRead: 6, divider: { after: 3, count: 2 }, unread: 0 });
    expect(updateReadState(back, upTo(8), "me", true).divider).toEqual({ after: 3, count: 2 });
  });

  it("moves the divider when I look away again", () => {
    const back = updateReadState(updateReadState(here, upTo(6), "me", false), upTo(6), "me", true);
    expect(updateReadState(back, upTo(7), "me", false).divider).toEqual({ after: 6, count: 1 });
  });

  it("is the same object while nothing changes", () => {
    expect(updateReadState(here, upTo(3), "me", true)).toBe(here);
    const away = updateReadState(here, upTo(6), "me", false);
    expect(updateReadState(away, upTo(6), "me", false)).toBe(away);
  });

  it("starts again when another log took its place, however long that is", () => {
    const other = { messages: upTo(9), head: 9, epoch: "e2", myId: "me", readAnywhere: 0 };
    const fresh = { epoch: "e2", lastRead: 9, divider: null, unread: 0 };
    expect(updateLog(here, other, false)).toEqual(fresh);
  });

  it("is left alone by a stored snapshot of another log", () => {
    const old = { messages: upTo(9), head: null, epoch: "e0", myId: "me", readAnywhere: 0 };
    expect(updateLog(here, old, false)).toBe(here);
  });

  it("starts again when the log was replaced", () => {
    expect(updateReadState(here, upTo(2), "me", false)).toEqual({
      epoch: "e1",
      lastRead: 2,
      divider: null,
      unread: 0,
    });
  });

  it("keeps what was read when the device stored an older snapshot", () => {
    const older = { messages: upTo(2), head: null, epoch: "e1", myId: "me", readAnywhere: 0 };
    expect(updateLog(here, older, true)).toBe(here);
    expect(updateReadState(here, upTo(3), "me", false)).toBe(here);
  });

  it("keeps what was read while the reader is too far up for the end to be loaded", () => {
    const partly = { messages: upTo(2), head: 3, epoch: "e1", myId: "me", readAnywhere: 0 };
    expect(updateLog(here, partly, false)).toBe(here);
  });

  it("counts and divides nothing that was read in another tab", () => {
    const away = updateReadState(here, upTo(6), "me", false);
    expect(away.unread).toBe(3);
    const partly = updateReadState(away, upTo(6), "me", false, 5);
    expect(partly).toEqual({
      epoch: "e1",
      lastRead: 5,
      divider: { after: 5, count: 1 },
      unread: 1,
    });
    const wholly = updateReadState(away, upTo(6), "me", false, 6);
    expect(wholly).toEqual({ epoch: "e1", lastRead: 6, divider: null, unread: 0 });
  });

  it("counts nothing that another tab had and read before this one", () => {
    const early = updateReadState(here, upTo(4), "me", false, 6);
    expect(early).toEqual({ epoch: "e1", lastRead: 4, divider: null, unread: 0 });
    expect(updateReadState(early, upTo(7), "me", false, 6)).toMatchObject({ unread: 1 });
  });

  it("keeps its divider while both tabs are read", () => {
    const away = updateReadState(here, upTo(6), "me", false);
    const back = updateReadState(away, upTo(6), "me", true);
    expect(updateReadState(back, upTo(7), "me", true, 7).divider).toEqual(away.divider);
  });

  it("starts again when the log was replaced, whatever was read of the old one", () => {
    const fresh = updateReadState(here, upTo(2), "me", false, 3);
    expect(fresh).toEqual({ epoch: "e1", lastRead: 2, divider: null, unread: 0 });
  });
});
