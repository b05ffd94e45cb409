/** One visit: a name at the door, the connection, and the room's timeline behind it. */

import { addressFor, ConnectionClient, type World } from "./connection/client";
import { TimelineStore } from "./timeline/store";

export type Visit = { username: string; client: ConnectionClient; store: TimelineStore };

export const ROOM = "general";

export function visit(username: string, world?: World): Visit {
  const store: TimelineStore = new TimelineStore(ROOM, (command) => client.ask(command));
  const client = new ConnectionClient(addressFor(username), store, world);
  return { username, client, store };
}
