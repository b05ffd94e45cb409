/** Stores one room on this device: the unsent messages, the newest messages, and how far it was read. */

import type { Database } from "../device/database";
import { readDevice, writeDevice } from "../device/storage";
import type { Tabs } from "../device/tabs";
import type { OutboxEntry, Position, Snapshot, Timeline } from "./model";
import { outboxStorage } from "./outboxStorage";
import { isSnapshot, positionIn } from "./stored";
import { snapshotOf } from "./timeline";

type Restored = { snapshot: Snapshot | null; entries: OutboxEntry[] };

export type RoomStorage = {
  restore: () => Promise<Restored>;
  /** Take over the entries of tabs that are closed; of several open tabs only one gets each. */
  adopt: () => Promise<OutboxEntry[]>;
  save: (before: Timeline, now: Timeline) => void;
  /** What was read in any tab of this user. */
  lastRead: () => Position | null;
  saveLastRead: (position: Position) => void;
  /** Return whether this tab is to notify of a message: none has of it or of a later one. */
  claimNotification: (epoch: string | null, seq: number) => Promise<boolean>;
};

export const NO_STORAGE: RoomStorage = {
  restore: async () => ({ snapshot: null, entries: [] }),
  adopt: async () => [],
  save: () => {},
  lastRead: () => null,
  saveLastRead: () => {},
  claimNotification: async () => true,
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

  function lastRead(): Position | null {
    const stored = readDevice(`read.${place}`);
    return stored === null ? null : positionIn(stored);
  }

  async function claimNotification(epoch: string | null, seq: number): Promise<boolean> {
    const isNewer = (last: Position | undefined) => last?.epoch !== epoch || last.seq < seq;
    const claim = (last: unknown) =>
      isNewer(last as Position | undefined) ? { epoch, seq } : undefined;
    return (await database.update(`notified/${place}`, claim)) !== "unchanged";
  }

  return {
    restore: () => restore().catch(() => ({ snapshot: null, entries: [] })),
    adopt: () => outbox.adopt().catch(() => []),
    save: (before, now) => {
      if (before.outbox !== now.outbox) outbox.save(before.outbox, now.outbox);
      saveSnapshot(before, now);
    },
    lastRead,
    saveLastRead: (position) => writeDevice(`read.${place}`, JSON.stringify(position)),
    claimNotification,
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
