/** What this device keeps for us: a few values by key, in IndexedDB, or in memory where that is forbidden. */

export type Device = {
  get: (key: string) => Promise<unknown>;
  put: (key: string, value: unknown) => Promise<void>;
  remove: (key: string) => Promise<void>;
  /** Everything whose key starts with `prefix`. */
  all: (prefix: string) => Promise<[key: string, value: unknown][]>;
};

export function memoryDevice(): Device {
  const values = new Map<string, unknown>();
  return {
    get: async (key) => values.get(key),
    put: async (key, value) => {
      values.set(key, structuredClone(value));
    },
    remove: async (key) => {
      values.delete(key);
    },
    all: async (prefix) => [...values].filter(([key]) => key.startsWith(prefix)),
  };
}

const STORE = "values";

/** Never fails: a device that can't keep things forgets them when the page is closed. */
export function browserDevice(): Device {
  const memory = memoryDevice();
  const database = open().catch(() => null);

  async function use<T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => Promise<T>,
    otherwise: () => Promise<T>,
  ): Promise<T> {
    const opened = await database;
    if (!opened) return otherwise();
    try {
      return await ask(opened.transaction(STORE, mode).objectStore(STORE));
    } catch {
      return otherwise();
    }
  }

  return {
    get: (key) =>
      use(
        "readonly",
        (store) => answerOf<unknown>(store.get(key)),
        () => memory.get(key),
      ),
    put: (key, value) =>
      use(
        "readwrite",
        async (store) => void (await answerOf(store.put(value, key))),
        () => memory.put(key, value),
      ),
    remove: (key) =>
      use(
        "readwrite",
        async (store) => void (await answerOf(store.delete(key))),
        () => memory.remove(key),
      ),
    all: async (prefix) => {
      const range = () => IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const keys = await use<IDBValidKey[] | null>(
        "readonly",
        (store) => answerOf(store.getAllKeys(range())),
        async () => null,
      );
      if (keys === null) return memory.all(prefix);
      const values = await Promise.all(
        keys.map((key) =>
          use(
            "readonly",
            (store) => answerOf<unknown>(store.get(key)),
            async () => undefined,
          ),
        ),
      );
      return keys.map((key, index) => [String(key), values[index]]);
    },
  };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("fireside", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
