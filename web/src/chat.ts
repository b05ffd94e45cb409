/** One visit: a name at the door, the connection, and the room's timeline behind it. */

import { addressFor, browserWorld, ConnectionClient, type World } from "./connection/client";
import { browserDevice, type Device } from "./device/database";
import { openTab, type Tabs } from "./device/tabs";
import { roomStorage } from "./timeline/roomStorage";
import { TimelineStore } from "./timeline/store";

export type Visit = { username: string; client: ConnectionClient; store: TimelineStore };

export type Home = { world: World; device: Device; tab: Promise<Tabs> };

export const ROOM = "general";

export function browserHome(): Home {
  return { world: browserWorld, device: browserDevice(), tab: openTab() };
}

/** Who is `returning` was inside before the page was loaded again, and need not stand at the door. */
export function visit(username: string, home: Home, returning = false): Visit {
  const storage = roomStorage(username, ROOM, home.device, home.tab);
  const store: TimelineStore = new TimelineStore(ROOM, (command) => client.ask(command), storage);
  const client = new ConnectionClient(addressFor(username), store, home.world, returning);
  return { username, client, store };
}
