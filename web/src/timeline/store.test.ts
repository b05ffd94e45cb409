import { beforeEach, expect, it } from "vitest";
import { memoryDatabase } from "../device/database";
import { helloFrame, messageFrame, pageFrame } from "../testing/fakeNetwork";
import type { ServerFrame } from "../wire/frames";
import { roomStorage } from "./roomStorage";
import { TimelineStore } from "./store";

const LAST_READ = "fireside.read.Ada/general";

beforeEach(() => localStorage.clear());

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

  expect(hidden.getReadState()).toEqual({ lastRead: 4, divider: null, unread: 0 });
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

  expect(localStorage.getItem(LAST_READ)).toBe("5");
  expect(late.getReadState().lastRead).toBe(4);
});

it("starts again when the log does", async () => {
  const seen = await tab(3);
  seen.viewed(true, true);
  expect(localStorage.getItem(LAST_READ)).toBe("3");

  const fresh = await tab(1, "e2");

  expect(localStorage.getItem(LAST_READ)).toBe("1");
  hears(fresh, messageFrame(2, "hi"));
  expect(fresh.getReadState().unread).toBe(1);
});
