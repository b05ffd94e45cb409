/**
 * Small values as text in the browser's storage, for this device or for this tab.
 *
 * Storage can be forbidden or full; then the values last as long as the page.
 */

export function readDevice(key: string): string | null {
  return device.read(key);
}

/** Store `value`; null removes it. */
export function writeDevice(key: string, value: string | null): void {
  device.write(key, value);
}

/** Return this tab's value; a tab without one starts with the value that any tab wrote last. */
export function readTab(key: string): string | null {
  const own = tab.read(key);
  if (own !== null) return own === REMOVED ? null : own;
  const initial = device.read(key);
  if (initial !== null) tab.write(key, initial); // what other tabs write from now on is not this tab's
  return initial;
}

/** Two tabs may be two users: each has its own value, and removing it leaves the other tab's alone. */
export function writeTab(key: string, value: string | null): void {
  const before = readTab(key);
  tab.write(key, value ?? REMOVED);
  if (value !== null || device.read(key) === before) device.write(key, value);
}

/** In a tab, to tell a removed value from one that was never written. */
const REMOVED = "";

/** Note in this tab that the device stores a value of `key`: one that never fitted is not erased. */
export function noteKept(key: string): void {
  if (device.isStored(key)) tab.write(`${key}.kept`, "yes");
}

/** Whether the device stored a value of `key` in the time of this tab, and does not any more. */
export function isErasedElsewhere(key: string): boolean {
  return device.read(key) === null && tab.read(`${key}.kept`) !== null;
}

let hasErased = false;

/** Remove everything of this device and of this tab; until the page is loaded again nothing is stored. */
export function eraseStorage(): void {
  hasErased = true;
  device.erase();
  tab.erase();
}

/** Remove everything of this tab, where the device was forgotten while it slept. */
export function eraseTab(): void {
  tab.erase();
}

/** Whether this device or this tab keeps anything of the chat. */
export function isAnythingKept(): boolean {
  return device.keys().length > 0 || tab.keys().length > 0;
}

export function isErased(): boolean {
  return hasErased;
}

let hasFailed = false;

/** Whether a value could not be stored since the page was opened, here or in the database. */
export function isSomethingUnstored(): boolean {
  return hasFailed;
}

export function noteUnstored(): void {
  hasFailed = true;
}

/** The key as the browser has it, for example in a `storage` event. */
export function storageKey(key: string): string {
  return `${storageName()}.${key}`;
}

/** A browser stores by origin; two chats of one origin, behind two paths, must not share anything. */
export function storageName(page: Location = location): string {
  const folder = page.pathname.replace(/[^/]*$/, "").replace(/\/$/, "");
  return `fireside${folder}`;
}

/** `storage` is a function because merely naming a forbidden storage may throw. */
function placeIn(storage: () => Storage) {
  const unstored = new Map<string, string | null>();

  function read(key: string): string | null {
    const value = unstored.get(key);
    if (value !== undefined) return value;
    try {
      return storage().getItem(storageKey(key));
    } catch {
      return null;
    }
  }

  function isStored(key: string): boolean {
    return !unstored.has(key) && read(key) !== null;
  }

  function write(key: string, value: string | null): void {
    if (hasErased) return;
    try {
      if (value === null) storage().removeItem(storageKey(key));
      else storage().setItem(storageKey(key), value);
      unstored.delete(key);
    } catch {
      unstored.set(key, value);
      noteUnstored();
    }
  }

  /** None where the storage is forbidden: then there is nothing in it. */
  function keys(): string[] {
    try {
      return Object.keys(storage()).filter((key) => key.startsWith(storageKey("")));
    } catch {
      return [];
    }
  }

  function erase(): void {
    unstored.clear();
    for (const key of keys()) storage().removeItem(key);
  }

  return { read, isStored, write, keys, erase };
}

const device = placeIn(() => localStorage);
const tab = placeIn(() => sessionStorage);
