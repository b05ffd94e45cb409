/** Takes over, now and then, the drafts of a tab that crashed: otherwise they would wait for a reload. */

import { useEffect } from "react";

const ADOPT_EVERY_MS = 30_000;

export function useOrphanedDrafts(adopt: () => void): void {
  useEffect(() => {
    const timer = setInterval(adopt, ADOPT_EVERY_MS);
    addEventListener("online", adopt);
    return () => {
      clearInterval(timer);
      removeEventListener("online", adopt);
    };
  }, [adopt]);
}
