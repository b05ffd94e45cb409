import { describe, expect, it } from "vitest";
import { parse } from "./parse";

const message = {
  type: "message",
  timestamp: "2026-11-22T10:00:00.000Z",
  username: "Ann",
  message: "hi",
  messageId: "01",
  room: "general",
  seq: 1,
  userId: "ann",
};

function parsed(frame: unknown) {
  return parse(JSON.stringify(frame));
}

describe("parse", () => {
  it("returns no message whose time can't be shown", () => {
    expect(parsed({ ...message, timestamp: "yesterday" })).toBeNull();
  });

  it("returns a known frame", () => {
    expect(parsed(message)).toEqual(message);
  });

  it("accepts fields that a newer server may add", () => {
    expect(parsed({ ...message, mood: "calm" })).toMatchObject({ message: "hi", mood: "calm" });
  });

  it.each([
    "",
    "hello",
    "{",
    "null",
    "[]",
    "7",
    '"message"',
    "{}",
    '{"type":null}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":"presence"}',
    `${"[".repeat(100_000)}`,
  ])("returns null for %.20j", (text) => {
    expect(parse(text)).toBeNull();
  });

  it.each(Object.keys(message))("refuses a message without a good %s", (field) => {
    expect(parsed({ ...message, [field]: undefined })).toBeNull();
    expect(parsed({ ...message, [field]: { toString: "x" } })).toBeNull();
    expect(parsed({ ...message, [field]: [1] })).toBeNull();
  });

  it("refuses numbers that can't be a seq", () => {
    expect(parsed({ ...message, seq: 1.5 })).toBeNull();
    expect(parse(JSON.stringify(message).replace('"seq":1', '"seq":1e99'))).toBeNull();
  });

  it("refuses a page when one of its messages is bad", () => {
    const page = { type: "history", room: "general", epoch: "e", order: "newest-first" };
    const ends = { prev: null, next: null };

    expect(parsed({ ...page, ...ends, messages: [message] })).not.toBeNull();
    expect(parsed({ ...page, ...ends, messages: [message, { ...message, seq: "2" }] })).toBeNull();
  });

  it("accepts an unknown error code", () => {
    const error = { type: "error", code: "from_the_future", message: "No.", retryable: false };
    expect(parsed(error)).toEqual(error);
  });

  it("reads the heads of a pong", () => {
    const pong = {
      type: "pong",
      heads: { general: 3 },
      epoch: { general: "e" },
      serverTime: "now",
    };
    expect(parsed(pong)).toEqual(pong);
    expect(parsed({ ...pong, heads: { general: "3" } })).toBeNull();
  });
});
