/** The secret by which the server knows this device: one for each name that is used on it. */

import type { Database } from "./database";

/** `userId`: the person whose device this is, null as long as the name is nobody's. */
export type DeviceSecret = { secret: string; userId: string | null };

const BYTES = 32;

/** Return 32 random bytes in base64url. A page that came over plain http has them, too. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  const encoded = btoa(String.fromCharCode(...bytes));
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The same for names that differ only in case, width or typeface, as for the server. */
export function fold(name: string): string {
  const compatible = name.normalize("NFKC");
  return compatible.toUpperCase().toLowerCase().normalize("NFKC");
}

/** Return the secret of a name, a new one if there is none yet. Of two tabs both get the same. */
export async function secretOf(database: Database, name: string): Promise<DeviceSecret> {
  const fresh: DeviceSecret = { secret: newSecret(), userId: null };
  const result = await database.update(keyOf(name), (stored) =>
    isDeviceSecret(stored) ? undefined : fresh,
  );
  if (result === "failed") await database.put(keyOf(name), fresh);
  const stored = await database.get(keyOf(name));
  return isDeviceSecret(stored) ? stored : fresh;
}

export function keepSecret(database: Database, name: string, secret: DeviceSecret): Promise<void> {
  return database.put(keyOf(name), secret);
}

export function forgetSecret(database: Database, name: string): Promise<void> {
  return database.remove(keyOf(name));
}

function keyOf(name: string): string {
  return `secret/${fold(name)}`;
}

function isDeviceSecret(value: unknown): value is DeviceSecret {
  const { secret, userId } = Object(value);
  return typeof secret === "string" && (typeof userId === "string" || userId === null);
}
