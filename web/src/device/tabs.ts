/**
 * Which tab an unsent message belongs to, so that two tabs do not both send it.
 *
 * An open tab holds a Web Lock under its id. Pages over plain http have no locks: there a tab writes
 * the current time again and again instead. If two tabs still send the same message, its nonce keeps
 * it one message.
 */

import { isErased, readDevice, storageKey, writeDevice } from "./storage";

const FRESH_MS = 90_000; // hidden tabs may run a timer only once a minute
const TICK_MS = 5_000;
/** A reloaded page may start before the browser has released the old page's lock. */
const LOCK_RELEASE_MS = 250;

export type Tabs = { ownId: string; isOpen: (tabId: string) => Promise<boolean> };

/** Give this page a tab's id. Never fails: where a browser forbids everything, each page is a tab. */
export async function claimTab(): Promise<Tabs> {
  const previous = idFromSession();
  const ownId = previous !== null && (await claim(previous)) ? previous : newId();
  if (ownId !== previous) await claim(ownId);
  saveInSession(ownId);
  return { ownId, isOpen: async (tabId) => tabId !== ownId && (await isHeld(tabId)) };
}

/** Take an id for as long as this page lives; return false when another page has it. */
async function claim(tabId: string): Promise<boolean> {
  const lock = await claimLock(tabId);
  if (lock !== "unknown") return lock === "acquired";
  if (isFresh(tabId)) return false;
  keepFresh(tabId);
  return true;
}

async function claimLock(tabId: string): Promise<"acquired" | "taken" | "unknown"> {
  const { locks } = navigator;
  if (!locks) return "unknown";
  return new Promise((resolve) => {
    const timeout = new AbortController();
    setTimeout(() => timeout.abort(), LOCK_RELEASE_MS);
    const held = locks.request(lockName(tabId), { signal: timeout.signal }, () => {
      resolve("acquired");
      return new Promise(() => {});
    });
    held.catch(() => resolve(timeout.signal.aborted ? "taken" : "unknown"));
  });
}

async function isHeld(tabId: string): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === lockName(tabId));
  } catch {
    return isFresh(tabId);
  }
}

/** A time in the future was written before the clock was set back: it does not count. */
function isFresh(tabId: string): boolean {
  return Math.abs(Date.now() - Number(readDevice(lockName(tabId)) ?? 0)) < FRESH_MS;
}

function keepFresh(tabId: string): void {
  const tick = () => writeDevice(lockName(tabId), String(Date.now()));
  tick();
  setInterval(tick, TICK_MS);
  addEventListener("pageshow", tick);
  addEventListener("pagehide", () => writeDevice(lockName(tabId), null));
}

function lockName(tabId: string): string {
  return `tab.${tabId}`;
}

function newId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join("-");
}

const SESSION_KEY = "tab";

/** A reloaded page is the same tab, so it gets its unsent messages back at once. */
function idFromSession(): string | null {
  try {
    return sessionStorage.getItem(storageKey(SESSION_KEY));
  } catch {
    return null;
  }
}

function saveInSession(tabId: string): void {
  if (isErased()) return;
  try {
    sessionStorage.setItem(storageKey(SESSION_KEY), tabId);
  } catch {
    // Then a reload is a new tab, and gets the old one's messages when its time is no longer fresh.
  }
}
