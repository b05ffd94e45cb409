/** Whether the server is there but lets us in no more: then the invite may have been replaced. */

import { useEffect, useState } from "react";
import { configFrom } from "./config";
import type { State } from "./machine";

/** A page can't see why a handshake failed; so when one did, it looks whether anybody answers. */
export function useTurnedAway(connection: State, ask: () => Promise<string>): boolean {
  const [turnedAway, setTurnedAway] = useState(false);
  const isTrying = connection.name === "waiting" || connection.name === "connecting";
  const attempt = isTrying ? connection.attempt : 0;
  useEffect(() => {
    if (attempt < 2) return;
    let over = false;
    const learn = (asksInvite: boolean) => !over && setTurnedAway(asksInvite);
    ask().then(
      (told) => learn(configFrom(told).invite === "required"),
      () => learn(false),
    );
    return () => {
      over = true;
    };
  }, [attempt, ask]);
  return turnedAway && attempt >= 2;
}
