/** A way in for somebody who has a name here already: a link from another device, or the code. */

import type { Platform } from "../chat";
import { ConnectionClient } from "../connection/client";
import { addressOf } from "../connection/handshake";
import { deviceLabel } from "../device/label";
import { type DeviceSecret, forgetSecret, keepSecret, secretOf } from "../device/secrets";
import { writeDevice } from "../device/storage";
import type { ClientCommand, LinkedFrame, User } from "../wire/frames";
import { personIn, storeDeviceLink } from "./links";
import { holdCode } from "./recoveryCode";

/** `user`: who this device is now, null until the server said so. */
export type Arrival = {
  kind: "link" | "code";
  client: ConnectionClient;
  getUser: () => User | null;
};

/** What is shown to the server: the name, the key, and the command that uses it. */
type Claim = {
  kind: Arrival["kind"];
  name: string;
  userId: string | null;
  key: string;
  command: ClientCommand;
};

export function arrivalByLink(secret: string, platform: Platform): Arrival {
  const userId = personIn(secret);
  // Ids begin with a name, which is free of "~"; the server asks for some name in the handshake.
  const name = userId?.split("~")[0] || STRANGER;
  const command = { action: "link", secret, ...labelled() } as const;
  return arrival({ kind: "link", name, userId, key: `link.${secret}`, command }, platform);
}

export function arrivalByCode(name: string, code: string, platform: Platform): Arrival {
  const command = { action: "recover", name, code, ...labelled() } as const;
  return arrival({ kind: "code", name, userId: null, key: `recover.${code}`, command }, platform);
}

const STRANGER = "link";

function labelled(): { label?: string } {
  const label = deviceLabel();
  return label ? { label } : {};
}

/** The secret of this device is kept before it is shown: the answer may be lost. */
function arrival({ kind, name, userId, key, command }: Claim, platform: Platform): Arrival {
  const { database } = platform.storage();
  const newcomer = `~${name}`; // no name has that character
  let own: DeviceSecret | null = null;
  let user: User | null = null;
  const handshake = {
    ready: async () => {
      own ??= await secretOf(database, newcomer);
    },
    address: () => addressOf(name, userId),
    secrets: () => [`device.${own?.secret}`, key],
  };
  const listener = {
    greeting: () => command,
    disconnected: () => {},
    receive: async (frame: { type: string }) => {
      if (frame.type !== "linked" || !own) return;
      const { user: linked, recovery } = frame as LinkedFrame;
      await keepSecret(database, linked.username, { ...own, userId: linked.userId });
      await forgetSecret(database, newcomer);
      if (recovery) holdRecovery(linked, recovery);
      storeDeviceLink(null);
      user = linked;
      client.stop();
    },
  };
  const client: ConnectionClient = new ConnectionClient(handshake, listener, platform.network);
  return { kind, client, getUser: () => user };
}

function holdRecovery({ userId }: User, code: string): void {
  holdCode(userId, code);
  writeDevice(`wayback.${userId}`, "open");
}
