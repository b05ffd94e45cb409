/** One visit: who I am, the connection, and the timeline of the room. */

import { browserNetwork, ConnectionClient, type Listener, type Network } from "./connection/client";
import { browserDatabase, type Database } from "./device/database";
import { forgetDevice } from "./device/forget";
import { claimTab, type Tabs } from "./device/tabs";
import { Identity, storedAs } from "./people/identity";
import { countUnsent } from "./timeline/outboxStorage";
import { roomStorage } from "./timeline/roomStorage";
import { TimelineStore } from "./timeline/store";

export type Visit = {
  /** The name that was joined with, under which this device stores what belongs to the visit. */
  username: string;
  identity: Identity;
  client: ConnectionClient;
  store: TimelineStore;
  /** How many messages wait on this device, under any name and of any tab. */
  countUnsent: () => Promise<number>;
};

/** What the page runs on: a browser, or in tests a stand-in for it. */
export type Platform = {
  network: Network;
  storage: () => DeviceStorage;
  forget: () => Promise<void>;
};

type DeviceStorage = { database: Database; tabs: Promise<Tabs> };

export const ROOM = "general";

/** The database is opened by the first visit: at the door a device keeps an invite and a name at most. */
export function browserPlatform(): Platform {
  let opened: DeviceStorage | undefined;
  const storage = () => {
    opened ??= { database: browserDatabase(), tabs: claimTab() };
    return opened;
  };
  return { network: browserNetwork, storage, forget: forgetDevice };
}

/** `returning`: this user had joined before the page was reloaded, and does not have to again. */
export function visit(name: string, platform: Platform, returning = false): Visit {
  const { database, tabs } = platform.storage();
  const username = storedAs(name);
  const storage = roomStorage(username, ROOM, database, tabs);
  const store: TimelineStore = new TimelineStore(ROOM, (command) => client.ask(command), storage);
  const identity = new Identity(name, database, {
    ask: (command) => client.ask(command),
    reconnect: () => client.reconnect(),
    taken: () => client.taken(),
    end: (closing) => client.end(closing),
  });
  const listener: Listener = {
    greeting: store.hello,
    refused: identity.refused,
    receive: (frame) => {
      identity.receive(frame);
      store.receive(frame);
    },
    disconnected: () => {
      identity.disconnected();
      store.disconnected();
    },
  };
  const client = new ConnectionClient(identity, listener, platform.network, returning);
  return { username, identity, client, store, countUnsent: () => countUnsentOn(platform) };
}

/** Return how many messages wait on this device, under any name and of any tab. */
export function countUnsentOn({ storage }: Platform): Promise<number> {
  return countUnsent(storage().database);
}
