/**
 * Which tab a stored draft belongs to, so that two tabs do not both send it.
 *
 * A living tab holds a Web Lock under its name. Pages over plain http have none: there a tab leaves a
 * fresh time instead. Should two tabs send all the same, the nonce keeps it one message.
 */

import { keep, kept } from "./kept";

const FRESH_MS = 90_000; // hidden tabs may tick only once a minute
const TICK_MS = 5_000;

export type Tabs = { me: string; isAlive: (tab: string) => Promise<boolean> };

export async function openTab(): Promise<Tabs> {
  const remembered = fromSession();
  const me = remembered && !(await isHeld(remembered)) ? remembered : newName();
  toSession(me);
  hold(me);
  return { me, isAlive: async (tab) => tab !== me && (await isHeld(tab)) };
}

async function isHeld(tab: string): Promise<boolean> {
  if (navigator.locks) {
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === lockOf(tab));
  }
  return Date.now() - Number(kept(lockOf(tab)) ?? 0) < FRESH_MS;
}

function hold(tab: string): void {
  if (navigator.locks) {
    void navigator.locks.request(lockOf(tab), () => new Promise(() => {}));
    return;
  }
  const tick = () => keep(lockOf(tab), String(Date.now()));
  tick();
  setInterval(tick, TICK_MS);
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
