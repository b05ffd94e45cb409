/** What a handshake shows: the address, the name and the secrets of the device. */

import { lastConfig } from "./config";

export type Handshake = {
  /** Kept as soon as the address and the secrets are known; never broken. */
  ready: () => Promise<unknown>;
  address: () => string;
  /** Besides the invite; each with its kind before it. */
  secrets: () => string[];
};

/** Beside this page, which may be below a path, unless its configuration names another address. */
export function addressFor(username: string, page: Location = location): string {
  const socket = lastConfig().socket ?? new URL("ws", page.href).href.replace(/^http/, "ws");
  return `${socket}?username=${encodeURIComponent(username)}`;
}

/** The same of a person, whose name may have changed since. */
export function addressOf(username: string, userId: string | null, page?: Location): string {
  const address = addressFor(username, page);
  return userId === null ? address : `${address}&user=${encodeURIComponent(userId)}`;
}

/** What a handshake offers. It is the only header that a page can set, so the secrets are in it. */
export function subprotocols(invite: string | null, secrets: readonly string[]): string[] {
  const offered = invite === null ? secrets : [`invite.${invite}`, ...secrets];
  return offered.length === 0 ? [] : ["fireside.v1", ...offered];
}
