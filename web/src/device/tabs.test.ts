// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyTimeline } from "../timeline/model";
import { type RoomStorage, roomStorage } from "../timeline/roomStorage";
import { write } from "../timeline/timeline";
import { memoryDatabase } from "./database";
import { claimTab, type Tabs } from "./tabs";

/** What a browser does with Web Locks, as far as a tab asks for it. */
class Locks {
  private readonly held = new Set<string>();
  private readonly waiting: { name: string; take: () => void }[] = [];

  request(name: string, { signal }: { signal: AbortSignal }, take: () => Promise<unknown>) {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        const at = this.waiting.findIndex((it) => it.name === name);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(new DOMException("too late", "AbortError"));
      });
      const hold = () => {
        this.held.add(name);
        void take();
      };
      if (this.held.has(name)) this.waiting.push({ name, take: hold });
      else hold();
    });
  }

  async query() {
    return { held: [...this.held].map((name) => ({ name })) };
  }

  /** The page behind a tab is gone, however it ended. */
  letGo(tab: string) {
    this.held.delete(`tab.${tab}`);
    const at = this.waiting.findIndex(({ name }) => name === `tab.${tab}`);
    if (at >= 0) this.waiting.splice(at, 1)[0]?.take();
  }
}

const forbidden = async () => {
  throw new DOMException("not here", "SecurityError");
};

let locks: Locks;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_780_000_000_000 });
  localStorage.clear();
  sessionStorage.clear();
  locks = new Locks();
});

afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  setLocks(undefined);
});

function setLocks(value: unknown) {
  Object.defineProperty(navigator, "locks", { value, configurable: true });
}

/** Open one more tab; a copy of a tab, or the same one loaded again, brings its session with it. */
async function open({ session = null as string | null } = {}): Promise<Tabs> {
  sessionStorage.clear();
  if (session !== null) sessionStorage.setItem("fireside.tab", session);
  const opening = claimTab();
  await vi.advanceTimersByTimeAsync(250);
  return opening;
}

const WAYS = [
  ["with locks", () => setLocks(locks), (tab: string) => locks.letGo(tab)],
  ["without locks", () => setLocks(undefined), (tab: string) => leave(tab)],
  [
    "with locks that are forbidden",
    () => setLocks({ request: forbidden, query: forbidden }),
    (tab: string) => leave(tab),
  ],
] as const;

function leave(tab: string) {
  vi.clearAllTimers();
  localStorage.removeItem(`fireside.tab.${tab}`);
}

describe.each(WAYS)("%s", (_, stub, end) => {
  beforeEach(stub);

  it("two tabs have two ids, and each sees that the other is open", async () => {
    const [one, other] = [await open(), await open()];
    expect(one.ownId).not.toBe(other.ownId);
    expect(await one.isOpen(other.ownId)).toBe(true);
    expect(await other.isOpen(one.ownId)).toBe(true);
  });

  it("a tab is not open to itself, and neither is an unknown id", async () => {
    const { ownId, isOpen } = await open();
    expect(await isOpen(ownId)).toBe(false);
    expect(await isOpen("never")).toBe(false);
  });

  it("a copy of a tab is another tab", async () => {
    const one = await open();
    const copy = await open({ session: one.ownId });
    expect(copy.ownId).not.toBe(one.ownId);
    expect(await copy.isOpen(one.ownId)).toBe(true);
  });

  it("a reloaded page is the same tab", async () => {
    const before = await open();
    end(before.ownId);
    expect((await open({ session: before.ownId })).ownId).toBe(before.ownId);
  });

  it("a closed tab is not open", async () => {
    const [one, other] = [await open(), await open()];
    end(one.ownId);
    expect(await other.isOpen(one.ownId)).toBe(false);
  });

  it("the messages of a tab are sent by it alone, and by the next tab when it is closed", async () => {
    const database = memoryDatabase();
    const storageOf = (tab: Tabs) => roomStorage("Ada", "general", database, Promise.resolve(tab));
    const noncesIn = async (storage: RoomStorage) =>
      (await storage.restore()).entries.map(({ nonce }) => nonce);
    const one = await open();
    const empty = emptyTimeline("general");
    storageOf(one).save(empty, write(empty, { nonce: "n1", text: "hi", writtenAt: 0 })[0]);
    await vi.advanceTimersByTimeAsync(0);
    const other = await open();
    expect(await noncesIn(storageOf(other))).toEqual([]);

    end(one.ownId);
    const next = await open();
    expect(await noncesIn(storageOf(next))).toEqual(["n1"]);
    // It is this one's now, so a third tab leaves it alone.
    expect(await noncesIn(storageOf(await open()))).toEqual([]);
  });

  it("the messages of a closed tab are sent by one of the open tabs", async () => {
    const database = memoryDatabase();
    const storageOf = (tab: Tabs) => roomStorage("Ada", "general", database, Promise.resolve(tab));
    const tabs = [await open(), await open(), await open()] as const;
    const [one, second, third] = [storageOf(tabs[0]), storageOf(tabs[1]), storageOf(tabs[2])];
    const empty = emptyTimeline("general");
    one.save(empty, write(empty, { nonce: "n1", text: "hi", writtenAt: 0 })[0]);
    await vi.advanceTimersByTimeAsync(0);
    const look = async () => (await Promise.all([second.adopt(), third.adopt()])).flat();
    expect(await look()).toEqual([]);

    end(tabs[0].ownId);
    expect(await look()).toMatchObject([{ nonce: "n1" }]);
    expect(await look()).toEqual([]);
  });
});

it("waits a moment for the lock of the page before a reload", async () => {
  setLocks(locks);
  const before = await open();
  sessionStorage.setItem("fireside.tab", before.ownId);
  const opening = claimTab();
  await vi.advanceTimersByTimeAsync(200);
  locks.letGo(before.ownId);
  expect((await opening).ownId).toBe(before.ownId);
});

describe("a stored time in place of a lock", () => {
  const leaseOf = ({ ownId }: Tabs) => Number(localStorage.getItem(`fireside.tab.${ownId}`));

  it("stays fresh while the tab is open, and is removed when it is closed", async () => {
    const tab = await open();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(Date.now() - leaseOf(tab)).toBeLessThanOrEqual(5_000);

    dispatchEvent(new Event("pagehide"));
    expect(leaseOf(tab)).toBe(0);
    dispatchEvent(new Event("pageshow")); // out of the back-forward cache
    expect(leaseOf(tab)).toBe(Date.now());
  });

  it("of a crashed tab counts for 90 seconds", async () => {
    const dead = await open();
    vi.clearAllTimers();
    const other = await open();
    await vi.advanceTimersByTimeAsync(80_000);
    expect(await other.isOpen(dead.ownId)).toBe(true);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await other.isOpen(dead.ownId)).toBe(false);
  });

  it.each([
    ["forward", 3_600_000],
    ["back", -3_600_000],
  ])("counts for no longer when the clock jumps %s", async (_, ms) => {
    const dead = await open();
    vi.clearAllTimers();
    vi.setSystemTime(Date.now() + ms);
    const other = await open();
    expect(await other.isOpen(dead.ownId)).toBe(false);
  });

  it("is written again after the clock jumped, by a tab that is open", async () => {
    const [one, other] = [await open(), await open()];
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await other.isOpen(one.ownId)).toBe(true);
  });
});

it("gives each page its own id where the browser stores nothing", async () => {
  setLocks(undefined);
  vi.stubGlobal("localStorage", undefined);
  vi.stubGlobal("sessionStorage", undefined);
  const opening = [claimTab(), claimTab()];
  await vi.advanceTimersByTimeAsync(250);
  const [one, other] = await Promise.all(opening);
  expect(one?.ownId).not.toBe(other?.ownId);
});
