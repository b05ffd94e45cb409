/** Says that the line is down and what happens next; the countdown is for the eye alone. */

import { useEffect, useState } from "react";
import { Icon } from "../ui/Icon";
import type { State } from "./machine";
import type { Outage } from "./useOutage";
import { useTurnedAway } from "./useTurnedAway";
import "./banner.css";

type BannerProps = {
  connection: State;
  outage: Outage;
  ask: () => Promise<string>;
  onRetry: () => void;
};

export function Banner({ connection, outage, ask, onRetry }: BannerProps) {
  const seconds = useCountdown(connection);
  const turnedAway = useTurnedAway(connection, ask);
  const words = wordsFor(connection, outage, turnedAway);
  return (
    <div className="net" data-shown={words !== null}>
      {words !== null && <Icon name="offline" />}
      <div>
        <span role="status">{words}</span>
        {words !== null && connection.name !== "closed" && (
          <span aria-hidden="true"> {nextTry(connection, seconds)}</span>
        )}
      </div>
      {words !== null && connection.name !== "connecting" && (
        <button type="button" onClick={onRetry}>
          {connection.name === "closed" ? "Join again" : "Retry now"}
        </button>
      )}
    </div>
  );
}

function wordsFor(connection: State, outage: Outage, turnedAway: boolean): string | null {
  if (connection.name === "closed") return `The server ended this visit: ${connection.reason}`;
  if (outage === "lasting" && turnedAway)
    return "The server does not let you in. If your invite was replaced, open the new link here. Your messages are kept.";
  return outage === "lasting" ? "Connection lost. Your messages are kept." : null;
}

function nextTry(connection: State, seconds: number) {
  if (connection.name !== "waiting" || seconds === 0) return "Trying again now.";
  return (
    <>
      Trying again in <span className="tnum">{seconds} s</span>.
    </>
  );
}

function useCountdown(connection: State): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (connection.name !== "waiting") return;
    const end = performance.now() + connection.delayMs;
    const show = () => setSeconds(Math.max(0, Math.ceil((end - performance.now()) / 1_000)));
    show();
    const timer = setInterval(show, 250);
    return () => clearInterval(timer);
  }, [connection]);
  return seconds;
}
