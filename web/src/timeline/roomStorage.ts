/** Stores one room on this device: the unsent messages, the newest messages, and how far it was read. */

import type { Database } from "../device/database";
import { readDevice, writeDevice } from "../device/storage";
import type { Tabs } from "../device/tabs";
import type { OutboxEntry, Snapshot, Timeline } from "./model";
import { outboxStorage } from "./outboxStorage";
import { isSnapshot } from "./stored";
import { snapshotOf } from "./timeline";

type Restored = { snapshot: Snapshot | null; entries: OutboxEntry[] };

export type RoomStorage = {
  restore: () => Promise<Restored>;
  /** Take over the entries of tabs that are closed; of several open tabs only one gets each. */
  adopt: () => Promise<OutboxEntry[]>;
  save: (before: Timeline, now: Timeline) => void;
  lastRead: () => number | null;
  saveLastRead: (seq: number) => void;
};

export const NO_STORAGE: RoomStorage = {
  restore: async () => ({ snapshot: null, entries: [] }),
  adopt: async () => [],
  save: () => {},
  lastRead: () => null,
  saveLastRead: () => {},
};

const SNAPSHOT_EVERY_MS = 1_000;

/** Everything is stored under the user's name, so that no user sends what another wrote. */
export function roomStorage(
  username: string,
  room: string,
  database: Database,
  tabs: Promise<Tabs>,
): RoomStorage {
  const place = `${encodeURIComponent(username)}/${room}`;
  const outbox = outboxStorage(place, database, tabs);
  const saveSnapshot = snapshotSaver(place, database);

  async function restore(): Promise<Restored> {
    const [snapshot, entries] = await Promise.all([
      database.get(snapshotKey(place)),
      outbox.restore(),
    ]);
    return { snapshot: isSnapshot(snapshot) ? snapshot : null, entries };
  }

  function lastRead(): number | null {
    const seq = readDevice(`read.${place}`);
    return seq === null ? null : Number(seq);
  }

  return {
    restore: () => restore().catch(() => ({ snapshot: null, entries: [] })),
    adopt: () => outbox.adopt().catch(() => []),
    save: (before, now) => {
      if (before.outbox !== now.outbox) outbox.save(before.outbox, now.outbox);
      saveSnapshot(before, now);
    },
    lastRead,
    saveLastRead: (seq) => writeDevice(`read.${place}`, String(seq)),
  };
}

function snapshotKey(place: string): string {
  return `log/${place}`;
}

/** At most once per interval, since each snapshot writes all its messages. */
function snapshotSaver(place: string, database: Database): RoomStorage["save"] {
  let latest: Timeline | null = null;
  let isDue = false;

  function put(): void {
    isDue = false;
    const snapshot = latest && snapshotOf(latest);
    if (snapshot) void database.put(snapshotKey(place), snapshot);
  }

  return (before, now) => {
    latest = now;
    if (before.messages === now.messages || isDue) return;
    isDue = true;
    setTimeout(put, SNAPSHOT_EVERY_MS);
  };
}
