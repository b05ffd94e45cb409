// @vitest-environment happy-dom
import { IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserDatabase, type Database, memoryDatabase } from "./database";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Each is a browser that keeps nothing; the page must not notice before it is closed. */
const WITHOUT_STORAGE: [string, () => void][] = [
  ["has none", () => vi.stubGlobal("indexedDB", undefined)],
  ["forbids its very name", () => forbidName()],
  ["forbids opening", () => stubOpen(() => refusal("SecurityError"))],
  ["can't open", () => stubOpen(failingRequest)],
];

function forbidName() {
  vi.stubGlobal("indexedDB", null);
  Object.defineProperty(globalThis, "indexedDB", {
    configurable: true,
    get: () => refusal("SecurityError"),
  });
}

function stubOpen(open: () => unknown) {
  vi.stubGlobal("indexedDB", { open });
}

function refusal(name: string): never {
  throw new DOMException("not here", name);
}

function failingRequest() {
  const request: { onerror?: () => void } = {};
  queueMicrotask(() => request.onerror?.());
  return request;
}

const DEVICES: [string, () => Database][] = [
  ["in IndexedDB", browserDatabase],
  ["in memory", memoryDatabase],
  ...WITHOUT_STORAGE.map(([which, stub]): [string, () => Database] => [
    `in a browser that ${which}`,
    () => {
      stub();
      return browserDatabase();
    },
  ]),
];

describe.each(DEVICES)("a device that keeps %s", (_, make) => {
  it("returns the value that was put last", async () => {
    const database = make();
    await database.put("a", { text: "first" });
    await database.put("a", { text: "second" });

    expect(await database.get("a")).toEqual({ text: "second" });
    expect(await database.get("b")).toBeUndefined();
  });

  it("stores a copy: later changes to an object do not matter", async () => {
    const database = make();
    const value = { list: [1] };
    const putting = database.put("a", value);
    value.list.push(2);
    await putting;

    expect(await database.get("a")).toEqual({ list: [1] });
  });

  it("removes a value, also one that was never there", async () => {
    const database = make();
    await database.put("a", 1);
    await database.remove("a");
    await database.remove("never");

    expect(await database.get("a")).toBeUndefined();
    expect(await database.entries("")).toEqual([]);
  });

  it("lists the entries with a prefix, and no others", async () => {
    const database = make();
    for (const key of ["outbox/ada/1", "outbox/ada/é🔥", "outbox/adam/1", "log/ada"])
      await database.put(key, key);

    const found = Object.fromEntries(await database.entries("outbox/ada/"));
    expect(found).toEqual({
      "outbox/ada/1": "outbox/ada/1",
      "outbox/ada/é🔥": "outbox/ada/é🔥",
    });
  });

  it("updates a value, or leaves it alone", async () => {
    const database = make();
    await database.put("a", 1);
    const more = (value: unknown) => (typeof value === "number" ? value + 1 : undefined);

    expect(await database.update("a", more)).toBe("written");
    expect(await database.update("never", more)).not.toBe("written");
    expect(await database.entries("")).toEqual([["a", 2]]);
  });

  it("answers in the order of the calls", async () => {
    const database = make();
    const puts = [database.put("a", 1), database.remove("a"), database.put("a", 2)];

    expect(await database.get("a")).toBe(2);
    await Promise.all(puts);
  });
});

describe("what IndexedDB holds", () => {
  it("is there for the next page", async () => {
    await browserDatabase().put("a", "kept");

    expect(await browserDatabase().get("a")).toBe("kept");
  });

  it("commits without waiting for the page, which may be closed by then", async () => {
    const { put } = IDBObjectStore.prototype;
    const refusals: string[] = [];
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore) {
      const request = put.call(this, "kept", "a");
      request.addEventListener("success", () => {
        try {
          put.call(this, "too late", "b");
        } catch (cause) {
          refusals.push((cause as DOMException).name);
        }
      });
      return request;
    } as never);
    await browserDatabase().put("a", "kept");

    expect(await browserDatabase().entries("")).toEqual([["a", "kept"]]);
    expect(refusals).toEqual(["TransactionInactiveError"]);
  });

  it("is changed by one page at a time", async () => {
    const pages = [browserDatabase(), browserDatabase(), browserDatabase()];
    await pages[0]?.put("owner", "none");
    const claims = pages.map((page, index) =>
      page.update("owner", (owner) => (owner === "none" ? index : undefined)),
    );

    expect((await Promise.all(claims)).sort()).toEqual(["unchanged", "unchanged", "written"]);
  });

  it("lets a newer page change the database under an older one, which goes on in memory", async () => {
    const old = browserDatabase();
    await old.put("a", "stored");
    await new Promise<void>((done, fail) => {
      const request = indexedDB.open("fireside", 2);
      request.onsuccess = () => done();
      request.onblocked = () => fail(new Error("the old page is in the way"));
    });
    await old.put("b", "in memory");

    expect(await old.get("b")).toBe("in memory");
    expect(await old.entries("")).toEqual([["b", "in memory"]]);
  });
});

describe("a full disk", () => {
  const fullAtOnce = () => refusal("QuotaExceededError");

  function fullAtCommit(this: IDBObjectStore, ...args: Parameters<IDBObjectStore["add"]>) {
    vi.spyOn(this.transaction, "commit").mockReturnValue();
    const request = this.add(...args);
    request.addEventListener("success", () => this.transaction.abort());
    return request;
  }

  const FULL = [
    ["at once", fullAtOnce],
    ["only at the end of the transaction", fullAtCommit],
  ] as const;

  it.each(FULL)("(reported %s) loses nothing while the page is open", async (_, put) => {
    const database = browserDatabase();
    await database.put("old", "stored");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(put as never);
    await database.put("new", "not stored");

    expect(await database.get("new")).toBe("not stored");
    expect(await database.get("old")).toBe("stored");
    expect(await database.entries("")).toEqual([
      ["old", "stored"],
      ["new", "not stored"],
    ]);
    expect(await browserDatabase().get("new")).toBeUndefined();
  });

  it.each(FULL)("(reported %s) makes an update fail and changes nothing", async (_, put) => {
    const database = browserDatabase();
    await database.put("a", "old");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(put as never);

    expect(await database.update("a", () => "new")).toBe("failed");
    expect(await database.update("a", () => undefined)).toBe("unchanged");
    expect(await database.get("a")).toBe("old");
  });

  it.each(FULL)("(reported %s) is noted, so that the page promises nothing", async (_, put) => {
    vi.resetModules();
    const { browserDatabase } = await import("./database");
    const { isSomethingUnstored } = await import("./storage");
    const database = browserDatabase();
    await database.put("a", "stored");
    expect(isSomethingUnstored()).toBe(false);
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(put as never);
    await database.put("a", "not stored");
    expect(isSomethingUnstored()).toBe(true);
  });

  it("never gives the older value that is still stored", async () => {
    const database = browserDatabase();
    await database.put("a", "older");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(fullAtOnce);
    await database.put("a", "newer");
    expect(await database.get("a")).toBe("newer");
    expect(await database.entries("")).toEqual([["a", "newer"]]);

    vi.restoreAllMocks();
    await database.put("a", "newest");
    expect(await database.get("a")).toBe("newest");
    expect(await browserDatabase().get("a")).toBe("newest");
  });
});

it("does not wait for a browser that never answers", async () => {
  vi.useFakeTimers();
  stubOpen(() => ({}));
  const database = browserDatabase();
  const put = database.put("a", "in memory");
  await vi.advanceTimersByTimeAsync(3_000);
  await put;

  expect(await database.get("a")).toBe("in memory");
});

it("is another one for a chat of this origin behind another path", async () => {
  const atRoot = browserDatabase();
  await atRoot.put("outbox", "of the root");
  history.replaceState(null, "", "/chat/");
  const behindPath = browserDatabase();
  history.replaceState(null, "", "/");

  expect(await behindPath.get("outbox")).toBeUndefined();
  expect(await browserDatabase().get("outbox")).toBe("of the root");
});
