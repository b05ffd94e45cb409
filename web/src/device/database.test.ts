import { IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserDevice, type Device, memoryDevice } from "./database";

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

const DEVICES: [string, () => Device][] = [
  ["in IndexedDB", browserDevice],
  ["in memory", memoryDevice],
  ...WITHOUT_STORAGE.map(([which, stub]): [string, () => Device] => [
    `in a browser that ${which}`,
    () => {
      stub();
      return browserDevice();
    },
  ]),
];

describe.each(DEVICES)("a device that keeps %s", (_, make) => {
  it("gives back what was put, and the newest of it", async () => {
    const device = make();
    await device.put("a", { text: "first" });
    await device.put("a", { text: "second" });

    expect(await device.get("a")).toEqual({ text: "second" });
    expect(await device.get("b")).toBeUndefined();
  });

  it("keeps what things were when they were put", async () => {
    const device = make();
    const value = { list: [1] };
    const putting = device.put("a", value);
    value.list.push(2);
    await putting;

    expect(await device.get("a")).toEqual({ list: [1] });
  });

  it("forgets what is removed, also what was never there", async () => {
    const device = make();
    await device.put("a", 1);
    await device.remove("a");
    await device.remove("never");

    expect(await device.get("a")).toBeUndefined();
    expect(await device.all("")).toEqual([]);
  });

  it("lists what begins alike, and nothing else", async () => {
    const device = make();
    for (const key of ["outbox/ada/1", "outbox/ada/é🔥", "outbox/adam/1", "log/ada"])
      await device.put(key, key);

    const found = Object.fromEntries(await device.all("outbox/ada/"));
    expect(found).toEqual({
      "outbox/ada/1": "outbox/ada/1",
      "outbox/ada/é🔥": "outbox/ada/é🔥",
    });
  });

  it("changes what is there, or leaves it alone", async () => {
    const device = make();
    await device.put("a", 1);
    const more = (value: unknown) => (typeof value === "number" ? value + 1 : undefined);

    expect(await device.change("a", more)).toBe("put");
    expect(await device.change("never", more)).not.toBe("put");
    expect(await device.all("")).toEqual([["a", 2]]);
  });

  it("answers in the order in which it was asked", async () => {
    const device = make();
    const puts = [device.put("a", 1), device.remove("a"), device.put("a", 2)];

    expect(await device.get("a")).toBe(2);
    await Promise.all(puts);
  });
});

describe("what IndexedDB holds", () => {
  it("is there for the next page", async () => {
    await browserDevice().put("a", "kept");

    expect(await browserDevice().get("a")).toBe("kept");
  });

  it("waits for no answer of ours, which a page that is closed could not give", async () => {
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
    await browserDevice().put("a", "kept");

    expect(await browserDevice().all("")).toEqual([["a", "kept"]]);
    expect(refusals).toEqual(["TransactionInactiveError"]);
  });

  it("is changed by one page at a time", async () => {
    const pages = [browserDevice(), browserDevice(), browserDevice()];
    await pages[0]?.put("owner", "nobody");
    const claims = pages.map((page, index) =>
      page.change("owner", (owner) => (owner === "nobody" ? index : undefined)),
    );

    expect((await Promise.all(claims)).sort()).toEqual(["left", "left", "put"]);
  });

  it("lets a newer page change the database under an older one, which goes on in memory", async () => {
    const old = browserDevice();
    await old.put("a", "stored");
    await new Promise<void>((done, fail) => {
      const request = indexedDB.open("fireside", 2);
      request.onsuccess = () => done();
      request.onblocked = () => fail(new Error("the old page is in the way"));
    });
    await old.put("b", "in memory");

    expect(await old.get("b")).toBe("in memory");
    expect(await old.all("")).toEqual([["b", "in memory"]]);
  });
});

describe("a disk that is full", () => {
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

  it.each(FULL)("that says so %s costs nothing while the page is open", async (_, put) => {
    const device = browserDevice();
    await device.put("old", "stored");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(put as never);
    await device.put("new", "not stored");

    expect(await device.get("new")).toBe("not stored");
    expect(await device.get("old")).toBe("stored");
    expect(await device.all("")).toEqual([
      ["old", "stored"],
      ["new", "not stored"],
    ]);
    expect(await browserDevice().get("new")).toBeUndefined();
  });

  it.each(FULL)("that says so %s changes nothing, and says that too", async (_, put) => {
    const device = browserDevice();
    await device.put("a", "old");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(put as never);

    expect(await device.change("a", () => "new")).toBe("failed");
    expect(await device.change("a", () => undefined)).toBe("left");
    expect(await device.get("a")).toBe("old");
  });

  it("never shows the older value that it still has", async () => {
    const device = browserDevice();
    await device.put("a", "older");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(fullAtOnce);
    await device.put("a", "newer");
    expect(await device.get("a")).toBe("newer");
    expect(await device.all("")).toEqual([["a", "newer"]]);

    vi.restoreAllMocks();
    await device.put("a", "newest");
    expect(await device.get("a")).toBe("newest");
    expect(await browserDevice().get("a")).toBe("newest");
  });
});

it("does not wait for a browser that never answers", async () => {
  vi.useFakeTimers();
  stubOpen(() => ({}));
  const device = browserDevice();
  const put = device.put("a", "in memory");
  await vi.advanceTimersByTimeAsync(3_000);
  await put;

  expect(await device.get("a")).toBe("in memory");
});
