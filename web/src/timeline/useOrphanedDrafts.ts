/** Looks now and then for what a tab that crashed left unsent: nobody would open the page again for it. */

import { useEffect } from "react";

const LOOK_EVERY_MS = 30_000;

export function useAdoption(adopt: () => void): void {
  useEffect(() => {
    const timer = setInterval(adopt, LOOK_EVERY_MS);
    addEventListener("online", adopt);
    return () => {
      clearInterval(timer);
      removeEventListener("online", adopt);
    };
  }, [adopt]);
}
