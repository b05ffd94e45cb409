/** Stores unsent messages on this device, each marked with the tab that is to send it. */

import type { Database, UpdateResult } from "../device/database";
import type { Tabs } from "../device/tabs";
import type { OutboxEntry } from "./model";
import { isStoredEntry, type StoredEntry } from "./stored";

type OutboxStorage = {
  restore: () => Promise<OutboxEntry[]>;
  /** Take over the entries of tabs that are closed; of several open tabs only one gets each. */
  adopt: () => Promise<OutboxEntry[]>;
  save: (before: readonly OutboxEntry[], now: readonly OutboxEntry[]) => void;
};

/** Under any name, of any tab. */
export async function countUnsent(database: Database): Promise<number> {
  return (await database.entries(OUTBOX)).length;
}

const OUTBOX = "outbox/";

export function outboxStorage(
  place: string,
  database: Database,
  tabs: Promise<Tabs>,
): OutboxStorage {
  const prefix = `${OUTBOX}${place}/`;
  let latest: readonly OutboxEntry[] = [];

  async function stored(): Promise<[key: string, StoredEntry][]> {
    const all = await database.entries(prefix);
    return all.flatMap(([key, value]) => (isStoredEntry(value) ? [[key, value]] : []));
  }

  async function restore(): Promise<OutboxEntry[]> {
    const [all, here] = await Promise.all([stored(), tabs]);
    const own = all.filter(([, { tab: owner }]) => owner === here.ownId);
    const taken = await takeOver(database, all, here, ["written", "failed"]);
    return inOrder([...own.map(([, { draft }]) => draft), ...taken]);
  }

  async function adopt(): Promise<OutboxEntry[]> {
    const [all, here] = await Promise.all([stored(), tabs]);
    return inOrder(await takeOver(database, all, here, ["written"]));
  }

  function save(before: readonly OutboxEntry[], now: readonly OutboxEntry[]): void {
    latest = now;
    const removed = new Map(before.map((entry) => [entry.nonce, entry]));
    for (const entry of now) {
      const old = removed.get(entry.nonce);
      removed.delete(entry.nonce);
      if (!old || (old.name === "failed") !== (entry.name === "failed")) void put(entry);
    }
    for (const nonce of removed.keys()) void tabs.then(() => database.remove(prefix + nonce));
  }

  async function put(entry: OutboxEntry): Promise<void> {
    const { ownId } = await tabs;
    // It may have been acknowledged meanwhile; then there is nothing left to store.
    const isUnsent = latest.some(({ nonce }) => nonce === entry.nonce);
    if (isUnsent)
      await database.put(prefix + entry.nonce, { draft: entry, tab: ownId } satisfies StoredEntry);
  }

  return { restore, adopt, save };
}

/**
 * Mark the entries of closed tabs as this tab's, and return those for which that gave a result in
 * `accepted`. With "failed", as on a full disk, two tabs may send the same message: its nonce keeps it
 * one message.
 */
async function takeOver(
  database: Database,
  all: readonly [key: string, StoredEntry][],
  { ownId, isOpen }: Tabs,
  accepted: readonly UpdateResult[],
): Promise<OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  for (const [key, { draft: entry, tab: owner }] of all) {
    if (owner === ownId || (await isOpen(owner))) continue;
    const isStillOf = (value: unknown) => (value as StoredEntry | undefined)?.tab === owner;
    const toMe = (value: unknown) => (isStillOf(value) ? { draft: entry, tab: ownId } : undefined);
    if (accepted.includes(await database.update(key, toMe))) entries.push(entry);
  }
  return entries;
}

/** As they were written. */
function inOrder(entries: readonly OutboxEntry[]): OutboxEntry[] {
  return [...entries].sort((one, other) => one.writtenAt - other.writtenAt);
}
