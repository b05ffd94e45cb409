// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { memoryDatabase } from "../device/database";
import { helloFrame, messageFrame, pageFrame } from "../testing/fakeNetwork";
import type { ServerFrame } from "../wire/frames";
import { roomStorage } from "./roomStorage";
import { TimelineStore } from "./store";

const LAST_READ = "fireside.read.Ada/general";

beforeEach(() => localStorage.clear());

const stored = () => JSON.parse(localStorage.getItem(LAST_READ) ?? "null");

/** A tab of the same user on the same device, with as many messages as `head`. */
async function tab(head: number, epoch = "e1"): Promise<TimelineStore> {
  const tabs = Promise.resolve({ ownId: "t1", isOpen: async () => true });
  const store = new TimelineStore(
    "general",
    () => {},
    roomStorage("Ada", "general", memoryDatabase(), tabs),
  );
  await new Promise((resolve) => setTimeout(resolve));
  const texts = Array.from({ length: head }, (_, index) => `message ${index + 1}`);
  hears(
    store,
    helloFrame({ rooms: [{ room: "general", epoch, head }] }),
    pageFrame(texts, { epoch }),
  );
  return store;
}

function hears(store: TimelineStore, ...frames: object[]): void {
  for (const frame of frames) store.receive(frame as ServerFrame);
}

it("counts what no tab of this user has read", async () => {
  const [seen, hidden] = [await tab(3), await tab(3)];
  seen.viewed(true, true);
  hidden.viewed(true, false);
  for (const one of [hidden, seen]) hears(one, messageFrame(4, "hi"));
  expect(hidden.getReadState().unread).toBe(1);

  hidden.readElsewhere();

  expect(hidden.getReadState()).toEqual({ epoch: "e1", lastRead: 4, divider: null, unread: 0 });
  seen.viewed(true, false);
  for (const one of [seen, hidden]) hears(one, messageFrame(5, "hi"));
  expect(hidden.getReadState().unread).toBe(1);
});

it("never says of a device that less was read than another tab has", async () => {
  const [seen, late] = [await tab(3), await tab(3)];
  seen.viewed(true, true);
  hears(seen, messageFrame(4, "hi"), messageFrame(5, "hi"));

  late.viewed(true, true);
  hears(late, messageFrame(4, "hi"));
  late.readElsewhere();

  expect(stored()).toEqual({ epoch: "e1", seq: 5 });
  expect(late.getReadState().lastRead).toBe(4);
});

it("starts again when the log does", async () => {
  const seen = await tab(3);
  seen.viewed(true, true);
  expect(stored()).toEqual({ epoch: "e1", seq: 3 });

  const fresh = await tab(1, "e2");

  expect(stored()).toEqual({ epoch: "e2", seq: 1 });
  hears(fresh, messageFrame(2, "hi"));
  expect(fresh.getReadState().unread).toBe(1);
});

it("counts nothing of a restored log as new, although it is longer than what was read", async () => {
  const seen = await tab(20);
  seen.viewed(true, true);

  const restored = await tab(25, "e2");

  expect(restored.getReadState()).toMatchObject({ divider: null, unread: 0 });
  expect(stored()).toEqual({ epoch: "e2", seq: 25 });
});

it("goes on counting where the log goes on under another epoch", async () => {
  const seen = await tab(10);
  seen.viewed(true, true);
  seen.disconnected();
  const events = [messageFrame(11, "meanwhile")];
  const resumed = { type: "resumed", room: "general", epoch: "e2", from: 10, to: 11, events };
  const rooms = [{ room: "general", epoch: "e2", head: 11 }];
  hears(seen, helloFrame({ rooms, resumed: [{ ...resumed, more: false, reset: false }] }));

  expect(seen.getReadState().divider).toEqual({ after: 10, count: 1 });
  expect((await tab(12, "e2")).getReadState().unread).toBe(1);
});

it("takes what an older page stored of how far was read, which knew of no epoch", async () => {
  localStorage.setItem(LAST_READ, "2");
  const here = await tab(3);
  expect(here.getReadState()).toMatchObject({ divider: { after: 2, count: 1 }, unread: 1 });
  here.viewed(true, true);
  expect(stored()).toEqual({ epoch: "e1", seq: 3 });
});

it("starts again where an older page read more of a log than there is", async () => {
  localStorage.setItem(LAST_READ, "7");
  const here = await tab(3);
  expect(stored()).toEqual({ epoch: "e1", seq: 3 });
  hears(here, messageFrame(4, "hi"));
  expect(here.getReadState().unread).toBe(1);
});

it.each(["", "seven", "{}", '{"epoch":1,"seq":"2"}', "null"])(
  "starts anew from %j",
  async (text) => {
    localStorage.setItem(LAST_READ, text);
    expect((await tab(3)).getReadState()).toMatchObject({ lastRead: 3, unread: 0 });
  },
);

it("asks for older messages once when the pause before that ends on another connection", async () => {
  vi.useFakeTimers();
  try {
    const asked: string[] = [];
    const store = new TimelineStore("general", ({ id }) => asked.push(id));
    const hello = helloFrame({ rooms: [{ room: "general", epoch: "e1", head: 60 }] });
    const newest = [messageFrame(60, "newest")];
    await vi.advanceTimersByTimeAsync(0);
    hears(store, hello, pageFrame([], { messages: newest, prev: 60 }));
    store.fetchOlder();
    const refusal = { code: "rate_limited", message: "Later.", retryable: true };
    hears(store, { type: "error", id: "older-60", ...refusal, retryAfterMs: 1_000 });
    store.disconnected();
    asked.length = 0;

    hears(store, hello);
    store.fetchOlder();
    await vi.advanceTimersByTimeAsync(1_000);

    expect(asked.filter((id) => id === "older-60")).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
