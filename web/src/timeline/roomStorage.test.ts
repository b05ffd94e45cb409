// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { memoryDatabase } from "../device/database";
import type { Tabs } from "../device/tabs";
import { emptyTimeline, type Timeline } from "./model";
import { roomStorage } from "./roomStorage";
import { discard, restore, write } from "./timeline";

let database = memoryDatabase();
const alone: Tabs = { ownId: "t1", isOpen: async () => false };

beforeEach(() => {
  database = memoryDatabase();
  localStorage.clear();
});

function storageOf(tabs = alone, name = "Ada") {
  return roomStorage(name, "general", database, Promise.resolve(tabs));
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

async function wrote(...nonces: string[]): Promise<Timeline> {
  const { save } = storageOf();
  let now = emptyTimeline("general");
  for (const nonce of nonces) {
    const [next] = write(now, { nonce, text: nonce, writtenAt: nonces.indexOf(nonce) });
    save(now, next);
    now = next;
  }
  await settle();
  return now;
}

it("restores unsent messages in the order of writing", async () => {
  await wrote("z", "a", "m");
  const { entries } = await storageOf().restore();
  expect(entries.map(({ nonce }) => nonce)).toEqual(["z", "a", "m"]);
});

it.each([
  ["an entry", "outbox/Ada/general/n1", { draft: { nonce: "n1", name: "waiting" }, tab: "t1" }],
  ["an entry of no tab", "outbox/Ada/general/n1", { draft: null }],
  ["a snapshot", "log/Ada/general", { me: null, epoch: "e1", messages: [{ seq: 1 }] }],
  ["a snapshot that is no object", "log/Ada/general", "messages"],
])("leaves alone what it can't show: %s", async (_, key, value) => {
  await database.put(key, value);
  expect(await storageOf().restore()).toEqual({ snapshot: null, entries: [] });
  expect(await database.get(key)).toEqual(value);
});

it("does not take over the messages of an open tab or of another user", async () => {
  await wrote("n1");
  const other: Tabs = { ownId: "t2", isOpen: async (tab) => tab === "t1" };
  expect((await storageOf(other).restore()).entries).toEqual([]);
  expect((await storageOf(alone, "Bob").restore()).entries).toEqual([]);
});

it("takes over the messages of a closed tab, in one tab only", async () => {
  await wrote("n1", "n2");
  const storages = ["t2", "t3"].map((ownId) =>
    storageOf({ ownId, isOpen: async (tab) => tab !== "t1" }),
  );
  const adopted = await Promise.all(storages.map(({ adopt }) => adopt()));
  expect(adopted.flat().map(({ nonce }) => nonce)).toEqual(["n1", "n2"]);
  expect(await storages[0]?.adopt()).toEqual([]);
  expect((await storageOf({ ownId: "t2", isOpen: async () => true }).restore()).entries).toEqual(
    adopted[0],
  );
});

it("restores the messages of a closed tab when the disk is full", async () => {
  await wrote("n1");
  database = { ...database, update: async () => "failed" };
  const opened = storageOf({ ownId: "t2", isOpen: async () => false });
  expect((await opened.restore()).entries).toMatchObject([{ nonce: "n1" }]);
  expect(await opened.adopt()).toEqual([]);
});

it("sends what a page left that did not count its tries", async () => {
  const draft = { nonce: "n1", text: "hi", writtenAt: 1, name: "sending" };
  await database.put("outbox/Ada/general/n1", { draft, tab: "t1" });
  const { entries } = await storageOf().restore();
  const [shown] = restore({ ...emptyTimeline("general"), restoring: true }, null, entries);
  expect(shown.outbox).toMatchObject([{ nonce: "n1", name: "waiting" }]);
});

it("takes over neither its own messages nor those of open tabs", async () => {
  await wrote("n1");
  expect(await storageOf().adopt()).toEqual([]);
  expect(await storageOf({ ownId: "t2", isOpen: async () => true }).adopt()).toEqual([]);
});

it("restores a failed message as failed, and no deleted one", async () => {
  const timeline = await wrote("n1");
  const [entry] = timeline.outbox;
  if (!entry) throw new Error("nothing was written");
  const failed: Timeline = {
    ...timeline,
    outbox: [{ ...entry, name: "failed", reason: "No." }],
  };
  const { save, restore: bringBack } = storageOf();
  save(timeline, failed);
  await settle();
  expect((await bringBack()).entries).toMatchObject([{ name: "failed", reason: "No." }]);

  save(failed, discard(failed, "n1")[0]);
  await settle();
  expect((await bringBack()).entries).toEqual([]);
});

it("stores the newest messages without a gap, to show them at once next time", async () => {
  vi.useFakeTimers();
  const timestamp = "2026-11-22T10:00:00.000Z";
  const said = { username: "Ann", userId: "ann", message: "hi", room: "general", timestamp };
  const messages = [1, 2, 4].map(
    (seq) => ({ type: "message", messageId: `m${seq}`, seq, ...said }) as const,
  );
  const me = { userId: "me", username: "Me", claimed: true, role: "member" } as const;
  const before = emptyTimeline("general");
  storageOf().save(before, { ...before, me, epoch: "e1", messages, through: 2, known: 4 });
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();

  const { snapshot, entries } = await storageOf().restore();
  const [shown] = restore({ ...before, restoring: true }, snapshot, entries);
  expect(shown.messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(shown).toMatchObject({ through: 2, epoch: "e1", older: null, restoring: false });
});

it("lets one tab of a user notify of a message, and of the next", async () => {
  const [one, other] = [storageOf(), storageOf({ ownId: "t2", isOpen: async () => true })];
  const claimed = (seq: number) =>
    Promise.all([one, other].map(({ claimNotification }) => claimNotification("e1", seq)));
  expect((await claimed(4)).filter(Boolean)).toHaveLength(1);
  expect((await claimed(5)).filter(Boolean)).toHaveLength(1);
  expect(await claimed(4)).toEqual([false, false]);
  expect(await storageOf(alone, "Bob").claimNotification("e1", 4)).toBe(true);
});

it("lets a tab notify of a log that starts again, and where the disk is full", async () => {
  const { claimNotification } = storageOf();
  expect(await claimNotification("e1", 50)).toBe(true);
  expect(await claimNotification("e2", 1)).toBe(true);
  database = { ...database, update: async () => "failed" };
  expect(await storageOf().claimNotification("e2", 1)).toBe(true);
});
