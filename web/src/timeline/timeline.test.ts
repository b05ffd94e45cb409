import { describe, expect, it } from "vitest";
import type { AckFrame, ErrorFrame, HelloFrame, MessageFrame, ResumedFrame } from "../wire/frames";
import { type Effect, emptyTimeline, type Step, type Timeline } from "./model";
import * as rules from "./timeline";
import { receive } from "./timeline";

const ME = { userId: "me", username: "Me", claimed: true, role: "member" } as const;

function message(seq: number, more: Partial<MessageFrame> = {}): MessageFrame {
  const text = { username: "Ann", userId: "ann", message: `text ${seq}`, room: "general" };
  const timestamp = new Date(1_000 * seq).toISOString();
  return { type: "message", messageId: `m${seq}`, seq, timestamp, ...text, ...more };
}

function hello(more: Partial<HelloFrame> = {}): HelloFrame {
  const room = { room: "general", epoch: "e1", head: 0 };
  const limits = {} as HelloFrame["limits"];
  const rest = {
    v: 2,
    min: 1,
    place: { names: "open" } as const,
    limits,
    features: [],
    serverTime: "",
  };
  return { type: "hello", user: ME, rooms: [room], resumed: [], ...rest, ...more };
}

function resumed(from: number, messages: MessageFrame[], more: Partial<ResumedFrame> = {}) {
  const to = messages.at(-1)?.seq ?? from;
  const rest = { room: "general", epoch: "e1", more: false, reset: false };
  return { type: "resumed", from, to, events: messages, ...rest, ...more } as const;
}

function page(messages: MessageFrame[], prev: number | null, id = "newest") {
  const rest = { room: "general", epoch: "e1", next: null, order: "newest-first" } as const;
  return { type: "history", id, messages, prev, ...rest } as const;
}

function ack(nonce: string, seq: number): AckFrame {
  const rest = { messageId: `m${seq}`, room: "general", timestamp: "", duplicate: false };
  return { type: "ack", id: nonce, nonce, seq, ...rest };
}

function error(id: string, more: Partial<ErrorFrame> = {}): ErrorFrame {
  return { type: "error", id, code: "forbidden", message: "No.", retryable: false, ...more };
}

/** A timeline that holds 1 to `count` and is online. */
function loaded(count: number): Timeline {
  const [greeted] = receive(emptyTimeline("general"), hello());
  const all = Array.from({ length: count }, (_, index) => message(count - index));
  return receive(greeted, page(all, null))[0];
}

function seqs(timeline: Timeline): number[] {
  return timeline.messages.map(({ seq }) => seq);
}

function commands(effects: Effect[]) {
  return effects.flatMap((effect) => (effect.type === "ask" ? [effect.command] : []));
}

function wrote(timeline: Timeline, nonce: string): Step {
  return rules.write(timeline, { nonce, text: `say ${nonce}`, writtenAt: 0 });
}

describe("loading", () => {
  it("asks for the newest page, then for older ones", () => {
    const [greeted, ...asks] = receive(emptyTimeline("general"), hello());
    expect(commands(asks)).toMatchObject([{ action: "getHistory", room: "general" }]);

    const [first] = receive(greeted, page([message(4), message(3)], 3));
    expect(seqs(first)).toEqual([3, 4]);

    const [asking, ...older] = rules.fetchOlder(first);
    expect(commands(older)).toMatchObject([{ action: "getHistory", before: 3 }]);
    expect(rules.fetchOlder(asking)).toEqual([asking]);

    const [whole] = receive(asking, page([message(2), message(1)], null, "older-3"));
    expect(seqs(whole)).toEqual([1, 2, 3, 4]);
    expect(rules.fetchOlder(whole)).toEqual([whole]);
  });

  it("keeps what was pushed before the page came", () => {
    const [greeted] = receive(emptyTimeline("general"), hello());
    const [pushed] = receive(greeted, message(3));
    const [first, ...effects] = receive(pushed, page([message(2), message(1)], null));
    expect(seqs(first)).toEqual([1, 2, 3]);
    expect(effects).toEqual([]);
  });

  it("ignores a late push older than the loaded messages: an older page has it", () => {
    const [greeted] = receive(emptyTimeline("general"), hello());
    const [window] = receive(greeted, page([message(9), message(8)], 8));
    expect(seqs(receive(window, message(5))[0])).toEqual([8, 9]);
  });
});

describe("a pushed message", () => {
  it("is inserted by its seq, once", () => {
    const [five] = receive(loaded(3), message(5));
    const [four] = receive(five, message(4));
    const [again] = receive(four, message(4));
    expect(seqs(again)).toEqual([1, 2, 3, 4, 5]);
  });

  it("that leaves a gap leads to a resume after 300 ms, unless the gap closes by itself", () => {
    const [holed, ...effects] = receive(loaded(3), message(5));
    expect(effects).toEqual([{ type: "later", what: "catchUp", ms: 300 }]);

    const [asked, ...asks] = rules.catchUpDue(holed);
    expect(commands(asks)).toMatchObject([{ action: "resume", epoch: "e1", after: 3 }]);
    expect(asked.catchUp).toBe("asked");

    const [closed] = receive(holed, message(4));
    expect(rules.catchUpDue(closed).slice(1)).toEqual([]);
  });

  it("of another room is ignored", () => {
    const timeline = loaded(1);
    expect(seqs(receive(timeline, message(2, { room: "kitchen" }))[0])).toEqual([1]);
  });
});

describe("catching up", () => {
  it("notices a lost push by the heads in a pong", () => {
    const here = { heads: { general: 4 }, epoch: { general: "e1" } };
    const pong = { type: "pong", serverTime: "", ...here } as const;
    const [, ...effects] = receive(loaded(3), pong);
    expect(effects).toEqual([{ type: "later", what: "catchUp", ms: 300 }]);
  });

  it("goes on while there is more", () => {
    const [more, ...asks] = receive(loaded(1), resumed(1, [message(2)], { more: true }));
    expect(commands(asks)).toMatchObject([{ action: "resume", after: 2 }]);
    const [level, ...effects] = receive(more, resumed(2, [message(3)]));
    expect(seqs(level)).toEqual([1, 2, 3]);
    expect(effects).toEqual([]);
  });

  it("trusts `to` over what it can see, so that a row that can't be read is not asked for again", () => {
    const [level, ...effects] = receive(loaded(1), resumed(1, [message(3)], { to: 3 }));
    expect(level.through).toBe(3);
    expect(effects).toEqual([]);
  });

  it("waits longer each time an answer brings nothing", () => {
    let [timeline] = receive(loaded(1), message(9));
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      [timeline] = rules.catchUpDue(timeline);
      const [next, ...effects] = receive(timeline, resumed(1, []));
      timeline = next;
      for (const effect of effects) if (effect.type === "later") waits.push(effect.ms);
    }
    expect(waits).toEqual([600, 1_200, 2_400, 4_800, 9_600, 9_600, 9_600, 9_600]);
  });

  it("says hello with the place up to which nothing is missing", () => {
    const [holed] = receive(loaded(3), message(5));
    expect(rules.cursor(holed)).toEqual({ general: { epoch: "e1", after: 3, messageId: "m3" } });
    expect(rules.cursor(emptyTimeline("general"))).toBeNull();
  });

  it("fills the gap from hello's answer", () => {
    const [down] = rules.disconnect(loaded(2));
    const entry = resumed(2, [message(3), message(4)]);
    const [level, ...effects] = receive(down, hello({ resumed: [entry] }));
    expect(seqs(level)).toEqual([1, 2, 3, 4]);
    expect(effects).toEqual([]);
  });

  it("shows the newest page and the gap when the log was replaced, and keeps the outbox", () => {
    const [drafted] = wrote(rules.disconnect(loaded(5))[0], "n1");
    const entry = resumed(7, [message(8), message(9)], { reset: true, epoch: "e2", to: 9 });
    const [replaced, ...effects] = receive(drafted, hello({ resumed: [entry] }));
    expect(seqs(replaced)).toEqual([8, 9]);
    expect(replaced).toMatchObject({ epoch: "e2", resetAt: 8, older: 8 });
    expect(commands(effects)).toMatchObject([{ action: "sendMessage", nonce: "n1" }]);
  });

  it("goes on where it was when the log is the same under another epoch", () => {
    const [down] = rules.disconnect(loaded(2));
    const entry = resumed(2, [message(3)], { epoch: "e2" });
    const [level, ...effects] = receive(down, hello({ resumed: [entry] }));
    expect(seqs(level)).toEqual([1, 2, 3]);
    expect(level).toMatchObject({ epoch: "e2", through: 3, resetAt: null });
    expect(effects).toEqual([]);
  });

  it("drops what was pushed beyond a gap when the epoch is another", () => {
    const [down] = rules.disconnect(receive(loaded(2), message(5))[0]);
    const entry = resumed(2, [message(3)], { epoch: "e2" });
    const [level, ...effects] = receive(down, hello({ resumed: [entry] }));
    expect(seqs(level)).toEqual([1, 2, 3]);
    expect(level.known).toBe(3);
    expect(effects).toEqual([]);
  });

  it("replaces a log under the same epoch, which was restored in secret", () => {
    const other = [message(1), message(2, { messageId: "other" })];
    const [down] = rules.disconnect(loaded(5));
    const entry = resumed(0, other, { reset: true });
    const [replaced] = receive(down, hello({ resumed: [entry] }));
    expect(replaced.messages.map(({ messageId }) => messageId)).toEqual(["m1", "other"]);
  });

  it("names no message where it holds none", () => {
    expect(rules.cursor(loaded(0))).toEqual({ general: { epoch: "e1", after: 0 } });
  });

  it("asks when a pong says that the log ends before what is here", () => {
    const pong = { type: "pong", epoch: { general: "e1" }, serverTime: "" } as const;
    const [, ...none] = receive(loaded(3), { ...pong, heads: { general: 3 } });
    expect(none).toEqual([]);
    const [, ...effects] = receive(loaded(3), { ...pong, heads: { general: 2 } });
    expect(commands(effects)).toMatchObject([{ action: "resume", after: 3, messageId: "m3" }]);
  });

  it("asks at once when a pong has another epoch", () => {
    const pong = { type: "pong", heads: {}, epoch: { general: "e2" }, serverTime: "" } as const;
    const [, ...effects] = receive(loaded(3), pong);
    expect(commands(effects)).toMatchObject([{ action: "resume", epoch: "e1", after: 3 }]);
  });
});

describe("sending", () => {
  it("sends one at a time, in the order of writing", () => {
    const [first, ...sends] = wrote(loaded(1), "n1");
    expect(commands(sends)).toEqual([
      { action: "sendMessage", id: "n1", room: "general", message: "say n1", nonce: "n1" },
    ]);
    const [second, ...none] = wrote(first, "n2");
    expect(none).toEqual([]);

    const [kept, ...next] = receive(second, ack("n1", 2));
    expect(commands(next)).toMatchObject([{ nonce: "n2" }]);
    expect(kept.messages.at(-1)).toMatchObject({ seq: 2, message: "say n1", nonce: "n1" });
    expect(kept.messages.at(-1)).toMatchObject({ userId: ME.userId, username: ME.username });
  });

  it("takes a push with my nonce as the acknowledgement", () => {
    const [sending] = wrote(loaded(1), "n1");
    const [kept] = receive(sending, message(2, { nonce: "n1", ...ME }));
    expect(kept.outbox).toEqual([]);
    expect(seqs(receive(kept, ack("n1", 2))[0])).toEqual([1, 2]);
  });

  it("waits while offline and sends again under the same nonce on return", () => {
    const [sending] = wrote(loaded(1), "n1");
    const [down] = rules.disconnect(sending);
    expect(down.outbox[0]).toMatchObject({ name: "waiting", nonce: "n1" });
    const [, ...sends] = receive(down, hello({ resumed: [resumed(1, [])] }));
    expect(commands(sends)).toMatchObject([{ action: "sendMessage", nonce: "n1" }]);
  });

  it("fails only when a retry is useless, and goes on with the next", () => {
    const [sending] = wrote(wrote(loaded(1), "n1")[0], "n2");
    const [failed, ...sends] = receive(sending, error("n1"));
    expect(failed.outbox[0]).toMatchObject({ name: "failed", reason: "No." });
    expect(commands(sends)).toMatchObject([{ nonce: "n2" }]);

    expect(rules.discard(failed, "n1")[0].outbox).toHaveLength(1);
    const [free] = receive(failed, ack("n2", 2));
    expect(commands(rules.retry(free, "n1").slice(1) as Effect[])).toMatchObject([{ nonce: "n1" }]);
  });

  it("pauses as long as the server asks when it is busy", () => {
    const [sending] = wrote(wrote(loaded(1), "n1")[0], "n2");
    const busy = error("n1", { retryable: true, retryAfterMs: 700 });
    const [paused, ...effects] = receive(sending, busy);
    expect(effects).toEqual([{ type: "later", what: "send", ms: 700 }]);
    expect(commands(rules.sendDue(paused).slice(1) as Effect[])).toMatchObject([{ nonce: "n1" }]);
  });

  it("counts no failure while the server only asks it to be slower", () => {
    let [timeline] = wrote(loaded(1), "n1");
    const slower = error("n1", { code: "rate_limited", retryable: true, retryAfterMs: 50 });
    for (let round = 0; round < 8; round += 1) {
      const [paused, ...effects] = receive(timeline, slower);
      expect(effects).toEqual([{ type: "later", what: "send", ms: 50 }]);
      expect(paused.outbox).toMatchObject([{ name: "waiting", nonce: "n1" }]);
      [timeline] = rules.sendDue(paused);
    }
    const [, ...effects] = receive(timeline, error("n1", { retryable: true }));
    expect(effects).toEqual([{ type: "later", what: "send", ms: 1_000 }]);
  });

  it("asks for what it missed again when that was too much at once", () => {
    const [missing] = receive(rules.disconnect(loaded(1))[0], hello());
    expect(missing.catchUp).toBe("asked");
    const slower = error("resume", { code: "rate_limited", retryable: true, retryAfterMs: 50 });
    const [waiting, ...effects] = receive(missing, slower);
    expect(effects).toMatchObject([{ type: "later", what: "catchUp" }]);
    expect(commands(rules.catchUpDue(waiting).slice(1) as Effect[])).toMatchObject([
      { action: "resume" },
    ]);
  });

  it("waits for as long as the server says before it asks for what it missed again", () => {
    const [missing] = receive(rules.disconnect(loaded(1))[0], hello());
    const slower = error("resume", { code: "rate_limited", retryable: true, retryAfterMs: 5_000 });
    const [, ...effects] = receive(missing, slower);
    expect(effects).toEqual([{ type: "later", what: "catchUp", ms: 5_000 }]);
  });

  it("goes on with older messages by itself when that was too much at once", () => {
    const [asking] = rules.fetchOlder(readingBack(51, 60));
    const slower = error("older-51", { code: "rate_limited", retryable: true, retryAfterMs: 50 });
    const [waiting, ...effects] = receive(asking, slower);
    expect(effects).toEqual([{ type: "later", what: "older", ms: 50 }]);
    expect(rules.fetchOlder(waiting)).toEqual([waiting]);

    const [again, ...asks] = rules.olderDue(waiting);
    expect(again.fetchingOlder).toBe(true);
    expect(commands(asks as Effect[])).toMatchObject([{ action: "getHistory", before: 51 }]);
  });

  it("leaves it to the reader to ask for older messages again when it is not said when", () => {
    const [asking] = rules.fetchOlder(readingBack(51, 60));
    const [refused, ...effects] = receive(asking, error("older-51", { retryable: true }));
    expect([refused.fetchingOlder, effects]).toEqual([false, []]);
  });

  it("asks for no older messages when the wait ends on another connection", () => {
    const [down] = rules.disconnect(rules.fetchOlder(readingBack(51, 60))[0]);
    expect(rules.olderDue(down)).toEqual([down]);
  });

  it("repairs a text that no server can store", () => {
    const writing = {
      nonce: "n1",
      text: "a\ud83d, b\ude00, \u001b\u009b\ud83d\ude00",
      writtenAt: 0,
    };
    const [sending, ...sends] = rules.write(loaded(1), writing);
    const repaired = "a\ufffd, b\ufffd, \ud83d\ude00";
    expect(commands(sends)).toMatchObject([{ message: repaired }]);
    expect(receive(sending, ack("n1", 2))[0].messages.at(-1)).toMatchObject({ message: repaired });
  });

  it("gives up on a message that has no answer four times, and goes on with the next", () => {
    let [timeline] = wrote(wrote(loaded(1), "n1")[0], "n2");
    for (let lost = 1; lost < 4; lost += 1) {
      [timeline] = rules.disconnect(timeline);
      expect(timeline.outbox).toMatchObject([{ name: "waiting" }, { name: "waiting" }]);
      [timeline] = receive(timeline, hello({ resumed: [resumed(1, [])] }));
    }
    [timeline] = rules.disconnect(timeline);
    expect(timeline.outbox).toMatchObject([
      { name: "failed", nonce: "n1", reason: null },
      { name: "waiting", nonce: "n2" },
    ]);
    const [next, ...sends] = receive(timeline, hello({ resumed: [resumed(1, [])] }));
    expect(commands(sends)).toMatchObject([{ nonce: "n2" }]);

    let [again] = rules.retry(receive(next, ack("n2", 2))[0], "n1");
    [again] = rules.disconnect(again);
    expect(again.outbox).toMatchObject([{ name: "waiting", nonce: "n1" }]);
  });

  it("counts no try to which the server answered that it is busy", () => {
    let [timeline] = wrote(loaded(1), "n1");
    for (let round = 0; round < 8; round += 1) {
      [timeline] = receive(timeline, error("n1", { retryable: true }));
      [timeline] = rules.sendDue(timeline);
    }
    expect(rules.disconnect(timeline)[0].outbox).toMatchObject([{ name: "waiting" }]);
  });

  it("counts no try for a message that was not sent", () => {
    let [timeline] = wrote(wrote(loaded(1), "n1")[0], "n2");
    for (let lost = 0; lost < 8; lost += 1) [timeline] = rules.disconnect(timeline);
    expect(timeline.outbox).toMatchObject([{ name: "waiting" }, { name: "waiting" }]);
  });

  it("takes a message back that failed without an answer and was stored all the same", () => {
    let [timeline] = wrote(loaded(1), "n1");
    for (let lost = 0; lost < 4; lost += 1) {
      [timeline] = rules.disconnect(timeline);
      if (lost < 3) [timeline] = receive(timeline, hello({ resumed: [resumed(1, [])] }));
    }
    expect(timeline.outbox).toMatchObject([{ name: "failed" }]);
    const stored = message(2, { nonce: "n1", ...ME });
    const [back] = receive(timeline, hello({ resumed: [resumed(1, [stored])] }));
    expect(back.outbox).toEqual([]);
  });

  it("does not delete a message that may be on its way", () => {
    const [sending] = wrote(loaded(1), "n1");
    expect(rules.discard(sending, "n1")[0].outbox).toHaveLength(1);
  });

  it("takes an error as a refusal only for the message being sent", () => {
    const [down] = rules.disconnect(wrote(loaded(1), "n1")[0]);
    const [late] = receive(down, error("n1"));
    expect(late.outbox[0]).toMatchObject({ name: "waiting" });
  });

  it("waits for the unsent messages that the device stored, and sends those first", () => {
    const [greeted] = receive({ ...emptyTimeline("general"), restoring: true }, hello());
    const [written, ...none] = wrote(greeted, "new");
    expect(commands(none).filter(({ action }) => action === "sendMessage")).toEqual([]);

    const old = { nonce: "old", text: "before", writtenAt: 0, name: "waiting" } as const;
    const [, ...sends] = rules.restore(written, null, [old]);
    expect(commands(sends)).toMatchObject([{ action: "sendMessage", nonce: "old" }]);
  });
});

describe("a long log", () => {
  it("holds five hundred messages while the reader is at the end, and can fetch the rest", () => {
    let timeline = loaded(1);
    let most = 0;
    for (let seq = 2; seq <= 10_000; seq += 1) {
      [timeline] = receive(timeline, message(seq));
      most = Math.max(most, timeline.messages.length);
    }
    expect(most).toBe(500);
    expect(timeline.messages.length).toBeGreaterThanOrEqual(480);
    expect(timeline).toMatchObject({ older: seqs(timeline)[0], through: 10_000 });
  });

  it("drops nothing while the reader is further up", () => {
    let [timeline] = rules.follow(loaded(499), false);
    for (let seq = 500; seq <= 600; seq += 1) [timeline] = receive(timeline, message(seq));
    expect(timeline.messages).toHaveLength(600);
    expect(rules.follow(timeline, true)[0].messages).toHaveLength(480);
  });

  it("ignores an older page that was requested before the top was dropped", () => {
    const [asking] = rules.fetchOlder(readingBack(51, 600));
    const [back] = rules.follow(rules.follow(asking, true)[0], false);
    expect(back).toMatchObject({ older: 121, fetchingOlder: true });

    const [late] = receive(back, page([message(50), message(49)], 49, "older-51"));

    expect(late).toMatchObject({ older: 121, fetchingOlder: false });
    expect(seqs(late)[0]).toBe(121);
  });

  it("ignores an older page with another epoch, and asks for what is missing", () => {
    const [asking] = rules.fetchOlder(readingBack(2, 3));
    const other = { ...page([message(1)], null, "older-2"), epoch: "e2" };

    const [same, ...asks] = receive(asking, other);

    expect(seqs(same)).toEqual([2, 3]);
    expect(commands(asks)).toMatchObject([{ action: "resume", epoch: "e1", after: 3 }]);
  });

  it("drops the end for a reader 5,000 messages up, and fetches it on the way back", () => {
    const [asking] = rules.fetchOlder(readingBack(4_601, 5_100));
    const far = Array.from({ length: 4_600 }, (_, index) => message(4_600 - index));
    const [full] = receive(asking, page(far, null, "older-4601"));
    expect(full.messages).toHaveLength(5_000);
    expect(full).toMatchObject({ through: 5_000, known: 5_100, older: null });

    const [told, ...nothing] = receive(full, message(5_101));
    expect([seqs(told)[0], seqs(told).at(-1), told.known]).toEqual([1, 5_000, 5_101]);
    expect(nothing).toEqual([]);

    const [, ...effects] = rules.follow(told, true);
    expect(effects).toEqual([{ type: "later", what: "catchUp", ms: 300 }]);
  });
});

/** One who reads far above the end, with older messages still to come. */
function readingBack(from: number, to: number): Timeline {
  const messages = Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
  return { ...loaded(1), following: false, messages, through: to, known: to, older: from };
}
