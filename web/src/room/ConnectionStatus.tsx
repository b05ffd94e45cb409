/** One word and a dot: connected, reconnecting or disconnected. */

import { isBlocked, type State } from "../connection/machine";
import type { Outage } from "../connection/useOutage";
import { STRINGS } from "../strings";

type StatusProps = { connection: State; outage: Outage };

export function ConnectionStatus({ connection, outage }: StatusProps) {
  const status = statusOf(connection, outage);
  return (
    <small>
      <span className="dot" data-look={LOOKS[status]} />
      <span>{STRINGS.connection[status]}</span>
    </small>
  );
}

type Status = "connected" | "reconnecting" | "disconnected";

const LOOKS: Record<Status, string> = {
  connected: "on",
  reconnecting: "wait",
  disconnected: "off",
};

export function statusOf(connection: State, outage: Outage): Status {
  if (connection.name === "closed" || isBlocked(connection)) return "disconnected";
  return outage === "none" ? "connected" : "reconnecting";
}
