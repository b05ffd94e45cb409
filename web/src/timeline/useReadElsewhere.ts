/** Learns from the other tabs of this browser what was read there. */

import { useEffect } from "react";

/** Each write of another tab is such an event, and where that user has read to is quickly looked up. */
export function useReadElsewhere(readElsewhere: () => void): void {
  useEffect(() => {
    addEventListener("storage", readElsewhere);
    return () => removeEventListener("storage", readElsewhere);
  }, [readElsewhere]);
}
