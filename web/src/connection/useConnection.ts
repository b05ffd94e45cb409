/** The connection's state for React; the client runs while the component is mounted. */

import { useEffect, useSyncExternalStore } from "react";
import type { ConnectionClient } from "./client";
import { IDLE, type State } from "./machine";

export function useConnection(client: ConnectionClient | null): State {
  useEffect(() => {
    client?.start();
    return client?.stop;
  }, [client]);
  return useSyncExternalStore(client?.subscribe ?? subscribeToNothing, client?.getState ?? idle);
}

const subscribeToNothing = () => () => {};
const idle = () => IDLE;
