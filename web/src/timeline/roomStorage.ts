/** Keeps one room on this device: what is still to be sent, what was last seen, how far it was read. */

import type { Change, Device } from "../device/database";
import { keep as keepText, kept } from "../device/storage";
import type { Tabs } from "../device/tabs";
import type { Draft, Snapshot, Timeline } from "./model";
import { snapshotOf } from "./timeline";

type Restored = { snapshot: Snapshot | null; drafts: Draft[] };

export type Keeper = {
  restore: () => Promise<Restored>;
  /** Take over what tabs that are gone left; of all living tabs one gets it. */
  adopt: () => Promise<Draft[]>;
  keep: (before: Timeline, now: Timeline) => void;
  read: () => number | null;
  keepRead: (seq: number) => void;
};

export const NO_KEEPER: Keeper = {
  restore: async () => ({ snapshot: null, drafts: [] }),
  adopt: async () => [],
  keep: () => {},
  read: () => null,
  keepRead: () => {},
};

type Stored = { draft: Draft; tab: string };

const SNAPSHOT_EVERY_MS = 1_000;

/** Everything is kept under the name that wrote it, so that nobody sends another's words. */
export function keeperFor(name: string, room: string, device: Device, tab: Promise<Tabs>): Keeper {
  const place = `${encodeURIComponent(name)}/${room}`;
  const draftKey = (nonce: string) => `outbox/${place}/${nonce}`;
  let latest: Timeline | null = null;
  let isDue = false;

  const stored = () => device.all(`outbox/${place}/`) as Promise<[key: string, Stored][]>;

  async function restore(): Promise<Restored> {
    const [snapshot, all, tabs] = await Promise.all([device.get(`log/${place}`), stored(), tab]);
    const own = all.filter(([, { tab: owner }]) => owner === tabs.me);
    const taken = await takeOver(all, tabs, ["put", "failed"]);
    const drafts = [...own.map(([, { draft }]) => draft), ...taken];
    return { snapshot: (snapshot as Snapshot | undefined) ?? null, drafts: inOrder(drafts) };
  }

  async function adopt(): Promise<Draft[]> {
    const [all, tabs] = await Promise.all([stored(), tab]);
    return inOrder(await takeOver(all, tabs, ["put"]));
  }

  /** What can't be marked as ours, as on a full disk, may be sent by two tabs: its nonce shows it once. */
  async function takeOver(
    all: [key: string, Stored][],
    { me, isAlive }: Tabs,
    enough: Change[],
  ): Promise<Draft[]> {
    const drafts: Draft[] = [];
    for (const [key, { draft, tab: owner }] of all) {
      if (owner === me || (await isAlive(owner))) continue;
      const isStillOf = (value: unknown) => (value as Stored | undefined)?.tab === owner;
      const toMe = (value: unknown) => (isStillOf(value) ? { draft, tab: me } : undefined);
      if (enough.includes(await device.change(key, toMe))) drafts.push(draft);
    }
    return drafts;
  }

  async function putDraft(draft: Draft): Promise<void> {
    const { me } = await tab;
    // It may have been acknowledged meanwhile; then there is nothing left to keep.
    const isStill = latest?.outbox.some(({ nonce }) => nonce === draft.nonce) ?? true;
    if (isStill) await device.put(draftKey(draft.nonce), { draft, tab: me } satisfies Stored);
  }

  function keepOutbox(before: Timeline, now: Timeline): void {
    const was = new Map(before.outbox.map((draft) => [draft.nonce, draft]));
    for (const draft of now.outbox) {
      const old = was.get(draft.nonce);
      was.delete(draft.nonce);
      if (!old || (old.name === "failed") !== (draft.name === "failed")) void putDraft(draft);
    }
    for (const nonce of was.keys()) void tab.then(() => device.remove(draftKey(nonce)));
  }

  function keepSnapshot(): void {
    isDue = false;
    const snapshot = latest && snapshotOf(latest);
    if (snapshot) void device.put(`log/${place}`, snapshot);
  }

  function keep(before: Timeline, now: Timeline): void {
    latest = now;
    if (before.outbox !== now.outbox) keepOutbox(before, now);
    if (before.messages === now.messages || isDue) return;
    isDue = true;
    setTimeout(keepSnapshot, SNAPSHOT_EVERY_MS);
  }

  return {
    restore: () => restore().catch(() => ({ snapshot: null, drafts: [] })),
    adopt: () => adopt().catch(() => []),
    keep,
    read: () => {
      const seq = kept(`read.${place}`);
      return seq === null ? null : Number(seq);
    },
    keepRead: (seq) => keepText(`read.${place}`, String(seq)),
  };
}

/** As they were written. */
function inOrder(drafts: readonly Draft[]): Draft[] {
  return [...drafts].sort((one, other) => one.writtenAt - other.writtenAt);
}
