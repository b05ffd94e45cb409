import { describe, expect, it } from "vitest";
import { emptyTimeline, type Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";
import { type Row, rowsOf } from "./rows";

const NOON = new Date(2026, 10, 22, 12).getTime();
const MINUTE = 60_000;

function message(seq: number, userId: string, at: number, nonce?: string): MessageFrame {
  const timestamp = new Date(at).toISOString();
  const said = { messageId: `m${seq}`, room: "general", message: "hi", username: userId };
  const base = { type: "message", seq, userId, timestamp, ...said } as const;
  return nonce === undefined ? base : { ...base, nonce };
}

function timelineOf(messages: MessageFrame[], more: Partial<Timeline> = {}): Timeline {
  const me = { userId: "me", username: "Me", claimed: true, role: "member" } as const;
  return { ...emptyTimeline("general"), me, messages, ...more };
}

function shapeOf(rows: Row[]): string {
  return rows
    .map((row) => (row.kind === "message" ? (row.grouped ? "+" : "F") : row.kind))
    .join(" ");
}

describe("rows", () => {
  it("join the row above: same author, under five minutes", () => {
    const rows = rowsOf(
      timelineOf([
        message(1, "ann", NOON),
        message(2, "ann", NOON + 5 * MINUTE - 1),
        message(3, "ann", NOON + 10 * MINUTE),
        message(4, "bob", NOON + 10 * MINUTE),
      ]),
    );
    expect(shapeOf(rows)).toBe("day F + F F");
  });

  it("start a new group where the time goes back: the server had a wrong clock", () => {
    const [wrong, set] = [message(1, "ann", NOON), message(2, "ann", NOON - 5 * MINUTE)];
    expect(shapeOf(rowsOf(timelineOf([wrong, set])))).toBe("day F F");
  });

  it("start a new day and a new group at midnight", () => {
    const midnight = new Date(2026, 10, 23).getTime();
    const messages = [message(1, "ann", midnight - 1), message(2, "ann", midnight)];
    expect(shapeOf(rowsOf(timelineOf(messages)))).toBe("day F day F");
  });

  it("show unsent messages at the end, under the key that the message will have", () => {
    const entry = {
      nonce: "n1",
      text: "mine",
      writtenAt: NOON,
      name: "sending",
      tries: 1,
    } as const;
    const before = rowsOf(timelineOf([message(1, "ann", NOON)], { outbox: [entry] })).at(-1);
    const after = rowsOf(timelineOf([message(1, "ann", NOON), message(2, "me", NOON, "n1")])).at(
      -1,
    );
    expect(before).toMatchObject({ key: "n1", mine: true, entry });
    expect(after).toMatchObject({ key: "n1", mine: true, entry: null });
  });

  it("mark where a replaced log begins", () => {
    const messages = [message(8, "ann", NOON), message(9, "ann", NOON)];
    expect(shapeOf(rowsOf(timelineOf(messages, { resetAt: 8 })))).toBe("reset day F +");
  });
});
