/** Forgets this device: what this browser keeps of the chat is erased, in all its tabs. */

import { useEffect } from "react";
import { deleteDatabase } from "./database";
import { eraseStorage, storageKey } from "./storage";

/** Erase everything, then load the page again: nothing of it is left in memory either. */
export async function forgetDevice(page: Pick<Location, "reload"> = location): Promise<void> {
  eraseStorage();
  await deleteDatabase();
  page.reload();
}

/**
 * Call `onForgotten` when another tab has forgotten the device.
 *
 * A browser sends `storage` to the other tabs; the value under `key` is removed at no other time.
 */
export function useForgottenElsewhere(key: string, onForgotten: () => void): void {
  useEffect(() => {
    const onStorage = (event: StorageEvent) => {
      if (event.key === storageKey(key) && event.newValue === null) onForgotten();
    };
    addEventListener("storage", onStorage);
    return () => removeEventListener("storage", onStorage);
  });
}
