/** The connection as React sees it: a state to show, alive as long as the page shows it. */

import { useEffect, useSyncExternalStore } from "react";
import type { ConnectionClient } from "./client";
import { IDLE, type State } from "./machine";

export function useConnection(client: ConnectionClient | null): State {
  useEffect(() => {
    client?.start();
    return client?.stop;
  }, [client]);
  return useSyncExternalStore(client?.subscribe ?? nothingToHear, client?.getState ?? idle);
}

const nothingToHear = () => () => {};
const idle = () => IDLE;
