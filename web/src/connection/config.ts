/** What the server's `config.json` says: where the WebSocket is, and what it takes to enter. */

import { readDevice, writeDevice } from "../device/storage";

export type Config = {
  socket: string | null;
  invite: "required" | "open";
  /** A proxy in front of the server does not pass WebSockets on: the server has seen one without. */
  losesUpgrades: boolean;
  /** The page came through a proxy that the server was not told of, so nobody gets in. */
  isProxyUnknown: boolean;
};

const CONFIG_KEY = "config";

/** What the server has said since the page was opened. */
let latest: string | null = null;

/** Return the last known configuration, so that the page need not wait for the next answer. */
export function lastConfig(): Config {
  return configFrom(latest ?? readDevice(CONFIG_KEY) ?? "");
}

/** Fetch the configuration; without an answer return the last known one. */
export async function fetchConfig(fetchText: () => Promise<string>): Promise<Config> {
  try {
    latest = await fetchText();
  } catch {
    // The server is down: what it said last time still holds.
  }
  return lastConfig();
}

/** Store it for the next visit of a user who has joined; one who only looked leaves none of it. */
export function storeConfig(): void {
  if (latest !== null) writeDevice(CONFIG_KEY, latest);
}

/** A static host may have no such file: then the page's own origin is the chat, and it is open. */
function configFrom(text: string): Config {
  const { socket, invite, upgrade, proxy } = fieldsOf(text);
  return {
    socket: typeof socket === "string" && /^wss?:\/\//.test(socket) ? socket : null,
    invite: invite === "required" ? "required" : "open",
    losesUpgrades: upgrade === "lost",
    isProxyUnknown: proxy === "unknown",
  };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
