/**
 * Which tab a stored draft belongs to, so that two tabs do not both send it.
 *
 * A living tab holds a Web Lock under its name. Pages over plain http have none: there a tab leaves a
 * fresh time instead. Should two tabs send all the same, the nonce keeps it one message.
 */

import { keep, kept } from "./storage";

const FRESH_MS = 90_000; // hidden tabs may tick only once a minute
const TICK_MS = 5_000;
/** A page that is loaded again may start before the browser has let go of the old one's lock. */
const LETTING_GO_MS = 250;

export type Tabs = { me: string; isAlive: (tab: string) => Promise<boolean> };

/** Never fails: where a browser forbids everything, each page is a tab of its own. */
export async function openTab(): Promise<Tabs> {
  const remembered = fromSession();
  const me = remembered !== null && (await claim(remembered)) ? remembered : newName();
  if (me !== remembered) await claim(me);
  toSession(me);
  return { me, isAlive: async (tab) => tab !== me && (await isHeld(tab)) };
}

/** Take a name for as long as this page lives; false when another page has it. */
async function claim(tab: string): Promise<boolean> {
  const lock = await claimLock(tab);
  if (lock !== "unknown") return lock === "mine";
  if (isFresh(tab)) return false;
  leaveTimes(tab);
  return true;
}

async function claimLock(tab: string): Promise<"mine" | "taken" | "unknown"> {
  const { locks } = navigator;
  if (!locks) return "unknown";
  return new Promise((resolve) => {
    const tooLate = new AbortController();
    setTimeout(() => tooLate.abort(), LETTING_GO_MS);
    const held = locks.request(lockOf(tab), { signal: tooLate.signal }, () => {
      resolve("mine");
      return new Promise(() => {});
    });
    held.catch(() => resolve(tooLate.signal.aborted ? "taken" : "unknown"));
  });
}

async function isHeld(tab: string): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === lockOf(tab));
  } catch {
    return isFresh(tab);
  }
}

/** A time from the future was left before the clock was put back: it says nothing. */
function isFresh(tab: string): boolean {
  return Math.abs(Date.now() - Number(kept(lockOf(tab)) ?? 0)) < FRESH_MS;
}

function leaveTimes(tab: string): void {
  const tick = () => keep(lockOf(tab), String(Date.now()));
  tick();
  setInterval(tick, TICK_MS);
  addEventListener("pageshow", tick);
  addEventListener("pagehide", () => keep(lockOf(tab), null));
}

function lockOf(tab: string): string {
  return `tab.${tab}`;
}

function newName(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join("-");
}

/** A reload is the same tab, so it may have its drafts back at once. */
function fromSession(): string | null {
  try {
    return sessionStorage.getItem("fireside.tab");
  } catch {
    return null;
  }
}

function toSession(tab: string): void {
  try {
    sessionStorage.setItem("fireside.tab", tab);
  } catch {
    // Then a reload is a new tab, and the old one's drafts come when its time is stale.
  }
}
