/** What this device keeps for us: a few values by key, in IndexedDB, or in memory where that fails. */

export type Device = {
  get: (key: string) => Promise<unknown>;
  put: (key: string, value: unknown) => Promise<void>;
  /** Put what `next` makes of the value, and nothing when that is undefined; no other tab comes between. */
  change: (key: string, next: (value: unknown) => unknown) => Promise<Change>;
  remove: (key: string) => Promise<void>;
  /** Everything whose key starts with `prefix`. */
  all: (prefix: string) => Promise<[key: string, value: unknown][]>;
};

/** `failed`: nothing is known of the value, or it can't be put, as on a full disk. */
export type Change = "put" | "left" | "failed";

export function memoryDevice(): Device {
  const values = new Map<string, unknown>();
  return {
    get: async (key) => values.get(key),
    put: async (key, value) => {
      values.set(key, structuredClone(value));
    },
    change: async (key, next) => {
      const made = next(values.get(key));
      if (made === undefined) return "left";
      values.set(key, structuredClone(made));
      return "put";
    },
    remove: async (key) => {
      values.delete(key);
    },
    all: async (prefix) => [...values].filter(([key]) => key.startsWith(prefix)),
  };
}

/**
 * Never fails and never hangs: what can't be stored lasts as long as the page.
 *
 * Storage may be forbidden, full, or taken away while we use it, and some browsers have been seen
 * to leave `open` unanswered.
 */
export function browserDevice(): Device {
  const unstored = memoryDevice();
  const database = openInTime();

  async function use<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => () => T) {
    const opened = await database;
    if (!opened) throw new Error("There is no storage");
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
      await unstored.put(key, value);
    }
  }

  async function change(key: string, next: (value: unknown) => unknown): Promise<Change> {
    if ((await unstored.get(key)) !== undefined) return unstored.change(key, next);
    return use("readwrite", (store) => changeIn(store, key, next)).catch(() => "failed");
  }

  async function remove(key: string): Promise<void> {
    await unstored.remove(key);
    await use("readwrite", (store) => committed(store.delete(key))).catch(() => {});
  }

  async function all(prefix: string): Promise<[string, unknown][]> {
    const stored = await use("readonly", (store) => entriesOf(store, prefix)).catch(() => []);
    return [...new Map([...stored, ...(await unstored.all(prefix))])];
  }

  let last: Promise<unknown> = database;
  /** One after another: a write that fails late must not undo one that was asked for after it. */
  function inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const turn = last.then(ask);
    last = turn;
    return turn;
  }

  return {
    get: (key) => inTurn(() => get(key)),
    put: (key, value) => {
      const asItIs = structuredClone(value);
      return inTurn(() => put(key, asItIs));
    },
    change: (key, next) => inTurn(() => change(key, next)),
    remove: (key) => inTurn(() => remove(key)),
    all: (prefix) => inTurn(() => all(prefix)),
  };
}

const STORE = "values";
const OPEN_WITHIN_MS = 3_000;

function openInTime(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), OPEN_WITHIN_MS);
    open().then(resolve, () => resolve(null));
  });
}

/** Asynchronous to the letter: where storage is forbidden, even the name `indexedDB` may throw. */
async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("fireside", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      // A newer page in another tab must not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

/** A full disk shows only here: its requests may have succeeded. */
function completionOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function resultOf<T>(request: IDBRequest<T>): () => T {
  return () => request.result;
}

/** At once: a page that is closed before it was answered would take the write with it. */
function committed(request: IDBRequest): () => void {
  request.transaction?.commit();
  return () => {};
}

/** One transaction: those of other tabs come before it or after it. */
function changeIn(
  store: IDBObjectStore,
  key: string,
  next: (value: unknown) => unknown,
): () => Change {
  let change: Change = "left";
  const request = store.get(key);
  request.onsuccess = () => {
    const made = next(request.result);
    if (made === undefined) return;
    change = "put";
    store.put(made, key);
  };
  return () => change;
}

function entriesOf(store: IDBObjectStore, prefix: string): () => [string, unknown][] {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const keys = store.getAllKeys(range);
  const values = store.getAll(range);
  return () => keys.result.map((key, index) => [String(key), values.result[index]]);
}
