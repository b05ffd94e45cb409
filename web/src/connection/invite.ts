/** The invite: a secret from a link, kept on this device, shown to the server at each handshake. */

import { keep, kept } from "../device/storage";

const SECRET = /^[A-Za-z0-9_-]{22,128}$/;
const FRAGMENT = "#invite=";

/** Find the secret in a whole link, or in what remains of one. */
export function inviteIn(text: string): string | null {
  const secret = text.trim().split(FRAGMENT).at(-1) ?? "";
  return SECRET.test(secret) ? secret : null;
}

/** Take the secret out of the address, so that it is in no bookmark, picture or shared screen. */
export function takeInvite(page: Location = location, past: History = history): boolean {
  const { hash, pathname, search } = page;
  if (!hash.startsWith(FRAGMENT)) return false;
  past.replaceState(null, "", pathname + search);
  const secret = inviteIn(hash);
  if (secret === null) return false;
  keepInvite(secret);
  return true;
}

export function keptInvite(): string | null {
  return kept("invite");
}

export function keepInvite(secret: string): void {
  keep("invite", secret);
}

/** What a handshake offers: the only header that a page can set, so the invite is in it. */
export function subprotocols(): string[] {
  const invite = keptInvite();
  return invite === null ? [] : ["fireside.v1", `invite.${invite}`];
}
