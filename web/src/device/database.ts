/** Values by key, stored on this device in IndexedDB, or in memory where that fails. */

import { isErased, noteUnstored, storageName } from "./storage";

export type Database = {
  get: (key: string) => Promise<unknown>;
  put: (key: string, value: unknown) => Promise<void>;
  /** Replace the value by `next` of it, unless that is undefined. Atomic, also between tabs. */
  update: (key: string, next: (value: unknown) => unknown) => Promise<UpdateResult>;
  remove: (key: string) => Promise<void>;
  /** All entries whose key starts with `prefix`. */
  entries: (prefix: string) => Promise<[key: string, value: unknown][]>;
};

/** `failed`: the value can't be read, or can't be written, as on a full disk. */
export type UpdateResult = "written" | "unchanged" | "failed";

export function memoryDatabase(): Database {
  const values = new Map<string, unknown>();
  return {
    get: async (key) => values.get(key),
    put: async (key, value) => {
      values.set(key, structuredClone(value));
    },
    update: async (key, next) => {
      const made = next(values.get(key));
      if (made === undefined) return "unchanged";
      values.set(key, structuredClone(made));
      return "written";
    },
    remove: async (key) => {
      values.delete(key);
    },
    entries: async (prefix) => [...values].filter(([key]) => key.startsWith(prefix)),
  };
}

/**
 * Never fails and never hangs: what can't be stored lasts as long as the page.
 *
 * Storage may be forbidden, full, or removed while in use, and some browsers have been seen never to
 * answer `open`.
 */
export function browserDatabase(): Database {
  const unstored = memoryDatabase();
  const opening = openInTime();

  async function use<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => () => T) {
    const opened = await opening;
    if (!opened || isErased()) throw new Error("There is no storage");
    const transaction = opened.transaction(STORE, mode);
    const answer = ask(transaction.objectStore(STORE));
    await completionOf(transaction);
    return answer();
  }

  async function get(key: string): Promise<unknown> {
    const newer = await unstored.get(key);
    if (newer !== undefined) return newer;
    return use<unknown>("readonly", (store) => resultOf(store.get(key))).catch(() => undefined);
  }

  async function put(key: string, value: unknown): Promise<void> {
    try {
      await use("readwrite", (store) => committed(store.put(value, key)));
      await unstored.remove(key);
    } catch {
      noteUnstored();
      await unstored.put(key, value);
    }
  }

  async function update(key: string, next: (value: unknown) => unknown): Promise<UpdateResult> {
    if ((await unstored.get(key)) !== undefined) return unstored.update(key, next);
    return use("readwrite", (store) => updateIn(store, key, next)).catch(() => "failed");
  }

  async function remove(key: string): Promise<void> {
    await unstored.remove(key);
    await use("readwrite", (store) => committed(store.delete(key))).catch(() => {});
  }

  async function entries(prefix: string): Promise<[string, unknown][]> {
    const stored = await use("readonly", (store) => entriesOf(store, prefix)).catch(() => []);
    return [...new Map([...stored, ...(await unstored.entries(prefix))])];
  }

  let last: Promise<unknown> = opening;
  /** One after another: a write that fails late must not undo one that was requested after it. */
  function inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const turn = last.then(ask);
    last = turn;
    return turn;
  }

  return {
    get: (key) => inTurn(() => get(key)),
    put: (key, value) => {
      const copy = structuredClone(value);
      return inTurn(() => put(key, copy));
    },
    update: (key, next) => inTurn(() => update(key, next)),
    remove: (key) => inTurn(() => remove(key)),
    entries: (prefix) => inTurn(() => entries(prefix)),
  };
}

/** Delete the database of this device; of a browser that does not answer nothing is waited for. */
export async function deleteDatabase(): Promise<void> {
  const opened = await openInTime();
  if (opened) await inTime(emptied(opened));
  opened?.close();
  await inTime(deleted());
}

async function emptied(opened: IDBDatabase): Promise<void> {
  const transaction = opened.transaction(STORE, "readwrite");
  transaction.objectStore(STORE).clear();
  await completionOf(transaction);
}

/** Other tabs close the database when they are asked to; one that sleeps delays this, so it is emptied first. */
async function deleted(): Promise<void> {
  const request = indexedDB.deleteDatabase(storageName());
  await new Promise<void>((resolve, reject) => {
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

const STORE = "values";
const ANSWER_WITHIN_MS = 3_000;

function openInTime(): Promise<IDBDatabase | null> {
  return inTime(open());
}

/** Null where it fails or takes too long. */
function inTime<T>(work: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), ANSWER_WITHIN_MS);
    work.then(resolve, () => resolve(null));
  });
}

/** Async, so that it rejects where storage is forbidden and even the name `indexedDB` throws. */
async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(storageName(), 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      // A newer version of the page in another tab must not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

/** A full disk shows only here: the single requests may have succeeded. */
function completionOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function resultOf<T>(request: IDBRequest<T>): () => T {
  return () => request.result;
}

/** Commit at once: otherwise the write is lost when the page closes before it is answered. */
function committed(request: IDBRequest): () => void {
  request.transaction?.commit();
  return () => {};
}

/** Read and write in one transaction: those of other tabs run before it or after it. */
function updateIn(
  store: IDBObjectStore,
  key: string,
  next: (value: unknown) => unknown,
): () => UpdateResult {
  let result: UpdateResult = "unchanged";
  const request = store.get(key);
  request.onsuccess = () => {
    const made = next(request.result);
    if (made === undefined) return;
    result = "written";
    store.put(made, key);
  };
  return () => result;
}

function entriesOf(store: IDBObjectStore, prefix: string): () => [string, unknown][] {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const keys = store.getAllKeys(range);
  const values = store.getAll(range);
  return () => keys.result.map((key, index) => [String(key), values.result[index]]);
}
