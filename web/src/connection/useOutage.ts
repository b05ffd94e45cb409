/** How long the line has been down, in steps that matter: a blink of the network moves nothing. */

import { useEffect, useRef, useState } from "react";

export type Outage = "none" | "noticed" | "lasting";

const NOTICED_AFTER_MS = 2_000;
const LASTING_AFTER_MS = 5_000;
/** A server that greets and drops at once is not back. */
const STEADY_AFTER_MS = 1_000;

/** `isUp`: the server has greeted us on this connection. */
export function useOutage(isUp: boolean): Outage {
  const [outage, setOutage] = useState<Outage>("none");
  const downSince = useRef<number | null>(null);
  useEffect(() => {
    if (isUp)
      return after(STEADY_AFTER_MS, () => {
        downSince.current = null;
        setOutage("none");
      });
    downSince.current ??= performance.now();
    const gone = performance.now() - downSince.current;
    const ends = [
      after(NOTICED_AFTER_MS - gone, () => setOutage(atLeastNoticed)),
      after(LASTING_AFTER_MS - gone, () => setOutage("lasting")),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [isUp]);
  return outage;
}

function atLeastNoticed(outage: Outage): Outage {
  return outage === "none" ? "noticed" : outage;
}

function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
