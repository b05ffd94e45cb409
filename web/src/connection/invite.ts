/** The invite: a secret from a link, stored on this device, shown to the server at each handshake. */

import { readDevice, writeDevice } from "../device/storage";

const SECRET = /^[A-Za-z0-9_-]{22,128}$/;
/** Not the end of another word; the `#` before it may have become another character on its way. */
const IN_LINK = /(?<![\w-])invite=([\w-]+)/i;
const INVITE_KEY = "invite";
/** A newer one, with which no hello has come yet: a link may be wrong, so it replaces nothing so far. */
const NEW_KEY = "invite.new";
/** The newer one again, when it was refused where the one before was accepted. */
const DOUBTED_KEY = "invite.doubted";

/** Find the secret in a link, also amid a sentence, or in a part of a link. */
export function inviteIn(text: string): string | null {
  return linkedInvite(text) ?? bareInvite(text);
}

/** Take the secret out of the address, so that it is in no bookmark, screenshot or shared screen. */
export function takeInvite(page: Location = location): boolean {
  const secret = linkedInvite(page.hash);
  if (secret !== null) storeInvite(secret);
  return secret !== null;
}

/** Whether the address has an invite in which no secret is found: it stays there, to be compared. */
export function isInviteUnclear(page: Location = location): boolean {
  return hasInvite(page.hash) && linkedInvite(page.hash) === null;
}

/** The newest, whether it was tried or not. */
export function storedInvite(): string | null {
  return readDevice(NEW_KEY) ?? readDevice(INVITE_KEY);
}

/** Store the secret; what the address still has of this or of another one is not needed any more. */
export function storeInvite(secret: string, page: Location = location, past = history): void {
  const known = readDevice(INVITE_KEY) ?? secret;
  writeDevice(INVITE_KEY, known);
  writeDevice(NEW_KEY, secret === known ? null : secret);
  writeDevice(DOUBTED_KEY, null);
  lastRefused = null;
  if (hasInvite(page.hash)) past.replaceState(null, "", page.pathname + page.search);
}

/** What the last handshake offered in vain: the other one's turn has come. */
let lastRefused: string | null = null;

/** Return the secret for the next handshake: the newest, or the one before when that was refused. */
export function inviteToOffer(): string | null {
  const newest = storedInvite();
  return newest === lastRefused ? readDevice(INVITE_KEY) : newest;
}

/** Return whether an older secret is left to try at once. */
export function inviteRefused(offered: string | null): boolean {
  lastRefused = offered;
  return inviteToOffer() !== offered && offered === readDevice(NEW_KEY);
}

/** A hello came: `offered` is good, and a newer one that was refused just before may not be. */
export function inviteAccepted(offered: string | null): void {
  if (offered === null) return;
  const newest = readDevice(NEW_KEY);
  if (newest === offered) {
    writeDevice(INVITE_KEY, offered);
    forgetNewer();
  } else if (newest !== null && newest === lastRefused) doubt(newest);
  lastRefused = null;
}

/** A page can't see why it was refused; once may be a server that was full, or a flaw of the line. */
function doubt(newest: string): void {
  if (readDevice(DOUBTED_KEY) === newest) forgetNewer();
  else writeDevice(DOUBTED_KEY, newest);
}

function forgetNewer(): void {
  writeDevice(NEW_KEY, null);
  writeDevice(DOUBTED_KEY, null);
}

function hasInvite(text: string): boolean {
  return /invite=/i.test(plain(text));
}

/** The last one: below an old link, people quote the new one. */
function linkedInvite(text: string): string | null {
  return secretsOf(plain(text).split(/\s+/).map(markedIn)).at(-1) ?? null;
}

/** A text that is nothing but the secret, perhaps within quotes or before a full stop. */
function bareInvite(text: string): string | null {
  const words = plain(text).match(/[\w-]+/g) ?? [];
  return (words.length === 1 && secretsOf(words)[0]) || null;
}

function secretsOf(candidates: readonly string[]): string[] {
  return candidates.filter((candidate) => SECRET.test(candidate));
}

/** Return what follows `invite=` in a word, without underscores that stand around the whole link. */
function markedIn(word: string): string {
  const found = IN_LINK.exec(word);
  if (!found?.[1]) return "";
  const start = word.lastIndexOf("http", found.index);
  const [around] = /_{0,2}$/.exec(word.slice(0, Math.max(start, 0))) ?? [""];
  return found[1].endsWith(around) ? found[1].slice(0, found[1].length - around.length) : found[1];
}

/** Undo what programs do to links: percent signs, perhaps twice, and characters without a width. */
export function plain(text: string): string {
  return decoded(decoded(text)).replace(/\p{Cf}/gu, "");
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
