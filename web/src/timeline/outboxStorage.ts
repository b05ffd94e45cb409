/** Stores unsent messages on this device, each marked with the tab that is to send it. */

import type { Database, UpdateResult } from "../device/database";
import type { Tabs } from "../device/tabs";
import type { Draft } from "./model";

type DraftStorage = {
  restore: () => Promise<Draft[]>;
  /** Take over the drafts of tabs that are closed; of several open tabs only one gets each. */
  adopt: () => Promise<Draft[]>;
  save: (before: readonly Draft[], now: readonly Draft[]) => void;
};

type Stored = { draft: Draft; tab: string };

export function draftStorage(place: string, database: Database, tabs: Promise<Tabs>): DraftStorage {
  const prefix = `outbox/${place}/`;
  let latest: readonly Draft[] = [];

  const stored = () => database.entries(prefix) as Promise<[key: string, Stored][]>;

  async function restore(): Promise<Draft[]> {
    const [all, here] = await Promise.all([stored(), tabs]);
    const own = all.filter(([, { tab: owner }]) => owner === here.ownId);
    const taken = await takeOver(database, all, here, ["written", "failed"]);
    return inOrder([...own.map(([, { draft }]) => draft), ...taken]);
  }

  async function adopt(): Promise<Draft[]> {
    const [all, here] = await Promise.all([stored(), tabs]);
    return inOrder(await takeOver(database, all, here, ["written"]));
  }

  function save(before: readonly Draft[], now: readonly Draft[]): void {
    latest = now;
    const removed = new Map(before.map((draft) => [draft.nonce, draft]));
    for (const draft of now) {
      const old = removed.get(draft.nonce);
      removed.delete(draft.nonce);
      if (!old || (old.name === "failed") !== (draft.name === "failed")) void put(draft);
    }
    for (const nonce of removed.keys()) void tabs.then(() => database.remove(prefix + nonce));
  }

  async function put(draft: Draft): Promise<void> {
    const { ownId } = await tabs;
    // It may have been acknowledged meanwhile; then there is nothing left to store.
    const isUnsent = latest.some(({ nonce }) => nonce === draft.nonce);
    if (isUnsent) await database.put(prefix + draft.nonce, { draft, tab: ownId } satisfies Stored);
  }

  return { restore, adopt, save };
}

/**
 * Mark the drafts of closed tabs as this tab's, and return those for which that gave a result in
 * `accepted`. With "failed", as on a full disk, two tabs may send the same draft: its nonce keeps it
 * one message.
 */
async function takeOver(
  database: Database,
  all: readonly [key: string, Stored][],
  { ownId, isOpen }: Tabs,
  accepted: readonly UpdateResult[],
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const [key, { draft, tab: owner }] of all) {
    if (owner === ownId || (await isOpen(owner))) continue;
    const isStillOf = (value: unknown) => (value as Stored | undefined)?.tab === owner;
    const toMe = (value: unknown) => (isStillOf(value) ? { draft, tab: ownId } : undefined);
    if (accepted.includes(await database.update(key, toMe))) drafts.push(draft);
  }
  return drafts;
}

/** As they were written. */
function inOrder(drafts: readonly Draft[]): Draft[] {
  return [...drafts].sort((one, other) => one.writtenAt - other.writtenAt);
}
