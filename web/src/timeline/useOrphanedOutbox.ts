/** Takes over, now and then, what a crashed tab left unsent: otherwise it would wait for a reload. */

import { useEffect } from "react";

const ADOPT_EVERY_MS = 30_000;

export function useOrphanedOutbox(adopt: () => void): void {
  useEffect(() => {
    const timer = setInterval(adopt, ADOPT_EVERY_MS);
    addEventListener("online", adopt);
    return () => {
      clearInterval(timer);
      removeEventListener("online", adopt);
    };
  }, [adopt]);
}
