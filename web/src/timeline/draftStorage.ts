/** Stores unsent messages on this device, each marked with the tab that is to send it. */

import type { Change, Device } from "../device/database";
import type { Tabs } from "../device/tabs";
import type { Draft } from "./model";

export type DraftStorage = {
  restore: () => Promise<Draft[]>;
  /** Take over the drafts of tabs that are closed; of several open tabs only one gets each. */
  adopt: () => Promise<Draft[]>;
  save: (before: readonly Draft[], now: readonly Draft[]) => void;
};

type Stored = { draft: Draft; tab: string };

export function draftStorage(place: string, device: Device, tab: Promise<Tabs>): DraftStorage {
  const prefix = `outbox/${place}/`;
  let latest: readonly Draft[] = [];

  const stored = () => device.all(prefix) as Promise<[key: string, Stored][]>;

  async function restore(): Promise<Draft[]> {
    const [all, tabs] = await Promise.all([stored(), tab]);
    const own = all.filter(([, { tab: owner }]) => owner === tabs.me);
    const taken = await takeOver(device, all, tabs, ["put", "failed"]);
    return inOrder([...own.map(([, { draft }]) => draft), ...taken]);
  }

  async function adopt(): Promise<Draft[]> {
    const [all, tabs] = await Promise.all([stored(), tab]);
    return inOrder(await takeOver(device, all, tabs, ["put"]));
  }

  function save(before: readonly Draft[], now: readonly Draft[]): void {
    latest = now;
    const removed = new Map(before.map((draft) => [draft.nonce, draft]));
    for (const draft of now) {
      const old = removed.get(draft.nonce);
      removed.delete(draft.nonce);
      if (!old || (old.name === "failed") !== (draft.name === "failed")) void put(draft);
    }
    for (const nonce of removed.keys()) void tab.then(() => device.remove(prefix + nonce));
  }

  async function put(draft: Draft): Promise<void> {
    const { me } = await tab;
    // It may have been acknowledged meanwhile; then there is nothing left to store.
    const isUnsent = latest.some(({ nonce }) => nonce === draft.nonce);
    if (isUnsent) await device.put(prefix + draft.nonce, { draft, tab: me } satisfies Stored);
  }

  return { restore, adopt, save };
}

/**
 * Mark the drafts of closed tabs as this tab's, and return those for which that gave a result in
 * `accepted`. With "failed", as on a full disk, two tabs may send the same draft: its nonce keeps it
 * one message.
 */
async function takeOver(
  device: Device,
  all: readonly [key: string, Stored][],
  { me, isAlive }: Tabs,
  accepted: readonly Change[],
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const [key, { draft, tab: owner }] of all) {
    if (owner === me || (await isAlive(owner))) continue;
    const isStillOf = (value: unknown) => (value as Stored | undefined)?.tab === owner;
    const toMe = (value: unknown) => (isStillOf(value) ? { draft, tab: me } : undefined);
    if (accepted.includes(await device.change(key, toMe))) drafts.push(draft);
  }
  return drafts;
}

/** As they were written. */
function inOrder(drafts: readonly Draft[]): Draft[] {
  return [...drafts].sort((one, other) => one.writtenAt - other.writtenAt);
}
