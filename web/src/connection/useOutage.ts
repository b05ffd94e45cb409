/** How long the connection has been lost, in steps: a short interruption changes nothing on the page. */

import { useEffect, useRef, useState } from "react";

export type Outage = "none" | "noticed" | "lasting";

const NOTICED_AFTER_MS = 2_000;
const LASTING_AFTER_MS = 5_000;
/** A server that answers hello and drops at once is not back. */
const STEADY_AFTER_MS = 1_000;

/** `isUp`: the server has answered hello on this connection. */
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
    const elapsed = performance.now() - downSince.current;
    const cancels = [
      after(NOTICED_AFTER_MS - elapsed, () => setOutage(atLeastNoticed)),
      after(LASTING_AFTER_MS - elapsed, () => setOutage("lasting")),
    ];
    return () => {
      for (const cancel of cancels) cancel();
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
