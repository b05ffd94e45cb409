/** Updates what counts as read when another tab of this browser shows messages. */

import { useEffect } from "react";

/** A browser sends `storage` when another tab has written; what else it wrote changes nothing here. */
export function useReadElsewhere(readElsewhere: () => void): void {
  useEffect(() => {
    addEventListener("storage", readElsewhere);
    return () => removeEventListener("storage", readElsewhere);
  }, [readElsewhere]);
}
