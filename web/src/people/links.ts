/** The links that are for one person: one adds this device, one makes an owner of the place. */

import { plain } from "../connection/invite";
import { readDevice, writeDevice } from "../device/storage";

const DEVICE_LINK = /(?<![\w-])device=([A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{2,240})/;
const OWNER_LINK = /(?<![\w-])owner=([A-Za-z0-9_-]{22,128})/;
const BARE_DEVICE_LINK = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{2,240}$/;

const DEVICE_KEY = "link.device";
const OWNER_KEY = "link.owner";

/** Take their secrets out of the address and its history; return whether one adds this device. */
export function takeLinks(page: Location = location, past: History = history): boolean {
  const fragment = plain(page.hash);
  const device = DEVICE_LINK.exec(fragment);
  const owner = OWNER_LINK.exec(fragment);
  if (device?.[1]) writeDevice(DEVICE_KEY, device[1]);
  if (owner?.[1]) writeDevice(OWNER_KEY, owner[1]);
  if (device || owner) {
    const isOther = (part: string) => !DEVICE_LINK.test(part) && !OWNER_LINK.test(part);
    const rest = fragment.slice(1).split("&").filter(isOther).join("&");
    past.replaceState(null, "", page.pathname + page.search + (rest && `#${rest}`));
  }
  return device !== null;
}

/** Find the secret in a link that adds a device, or return null. */
export function deviceLinkIn(text: string): string | null {
  const found = plain(text).trim();
  return DEVICE_LINK.exec(found)?.[1] ?? (BARE_DEVICE_LINK.test(found) ? found : null);
}

export function deviceLinkOf(secret: string, page: Location = location): string {
  return `${page.href.replace(/#.*$/, "")}#device=${secret}`;
}

/** What was taken and not used yet: a reload may come between. */
export const storedDeviceLink = (): string | null => readDevice(DEVICE_KEY);
export const storedOwnerLink = (): string | null => readDevice(OWNER_KEY);

export function storeDeviceLink(secret: string | null): void {
  writeDevice(DEVICE_KEY, secret);
}

export function forgetOwnerLink(): void {
  writeDevice(OWNER_KEY, null);
}

/** Return the id of the person that a device link names, null if it names none. */
export function personIn(secret: string): string | null {
  try {
    const encoded = (secret.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes) || null;
  } catch {
    return null;
  }
}
