/** How long the line has been down, in steps that matter: a blink of the network moves nothing. */

import { useEffect, useState } from "react";

export type Outage = "none" | "noticed" | "lasting";

const NOTICED_AFTER_MS = 2_000;
const LASTING_AFTER_MS = 5_000;

export function useOutage(isOpen: boolean): Outage {
  const [outage, setOutage] = useState<Outage>("none");
  useEffect(() => {
    if (isOpen) return;
    const noticed = setTimeout(() => setOutage("noticed"), NOTICED_AFTER_MS);
    const lasting = setTimeout(() => setOutage("lasting"), LASTING_AFTER_MS);
    return () => {
      clearTimeout(noticed);
      clearTimeout(lasting);
      setOutage("none");
    };
  }, [isOpen]);
  return outage;
}
