/** One visit: a username, the connection, and the timeline of the room. */

import { addressFor, browserNetwork, ConnectionClient, type Network } from "./connection/client";
import { browserDatabase, type Database } from "./device/database";
import { claimTab, type Tabs } from "./device/tabs";
import { roomStorage } from "./timeline/roomStorage";
import { TimelineStore } from "./timeline/store";

export type Visit = { username: string; client: ConnectionClient; store: TimelineStore };

/** What the page runs on: a browser, or in tests a stand-in for it. */
export type Platform = { network: Network; database: Database; tabs: Promise<Tabs> };

export const ROOM = "general";

export function browserPlatform(): Platform {
  return { network: browserNetwork, database: browserDatabase(), tabs: claimTab() };
}

/** `returning`: this user had joined before the page was reloaded, and does not have to again. */
export function visit(username: string, platform: Platform, returning = false): Visit {
  const storage = roomStorage(username, ROOM, platform.database, platform.tabs);
  const store: TimelineStore = new TimelineStore(ROOM, (command) => client.ask(command), storage);
  const client = new ConnectionClient(addressFor(username), store, platform.network, returning);
  return { username, client, store };
}
