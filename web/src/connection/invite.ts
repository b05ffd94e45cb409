/** The invite: a secret from a link, stored on this device, shown to the server at each handshake. */

import { readDevice, writeDevice } from "../device/storage";

const SECRET = /^[A-Za-z0-9_-]{22,128}$/;
const FRAGMENT = "#invite=";
const INVITE_KEY = "invite";

/** Find the secret in a whole link, or in a part of one. */
export function inviteIn(text: string): string | null {
  const secret = text.trim().split(FRAGMENT).at(-1) ?? "";
  return SECRET.test(secret) ? secret : null;
}

/** Take the secret out of the address, so that it is in no bookmark, screenshot or shared screen. */
export function takeInvite(page: Location = location, past: History = history): boolean {
  const { hash, pathname, search } = page;
  if (!hash.startsWith(FRAGMENT)) return false;
  past.replaceState(null, "", pathname + search);
  const secret = inviteIn(hash);
  if (secret === null) return false;
  storeInvite(secret);
  return true;
}

export function storedInvite(): string | null {
  return readDevice(INVITE_KEY);
}

export function storeInvite(secret: string): void {
  writeDevice(INVITE_KEY, secret);
}

/** What a handshake offers. It is the only header that a page can set, so the invite is in it. */
export function subprotocols(): string[] {
  const invite = storedInvite();
  return invite === null ? [] : ["fireside.v1", `invite.${invite}`];
}
