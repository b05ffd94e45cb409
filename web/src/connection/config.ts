/** What whoever runs the chat tells the page: where the socket is, and whether one needs an invite. */

import { keep, kept } from "../device/storage";

export type Config = { socket: string | null; invite: "required" | "open" };

/** What was told last time: nobody waits at the door for it to be told again. */
export function keptConfig(): Config {
  return configFrom(kept("config") ?? "");
}

/** Ask again, and keep the answer. Nothing changes when there is none. */
export async function askConfig(ask: () => Promise<string>): Promise<Config> {
  try {
    keep("config", await ask());
  } catch {
    // Away: what was told last time still holds.
  }
  return keptConfig();
}

/** A page on a host of files may have no such answer: then its own origin is the chat, and open. */
function configFrom(text: string): Config {
  const told = fieldsOf(text);
  const socket = typeof told.socket === "string" && /^wss?:\/\//.test(told.socket);
  return {
    socket: socket ? String(told.socket) : null,
    invite: told.invite === "required" ? "required" : "open",
  };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
