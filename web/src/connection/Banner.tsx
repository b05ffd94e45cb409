/** Says that the line is down and what happens next; the countdown is for the eye alone. */

import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { focusComposer } from "../composer/focusComposer";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import { keptConfig } from "./config";
import { isBlocked, type State } from "./machine";
import type { Outage } from "./useOutage";
import "./banner.css";

type BannerProps = { connection: State; outage: Outage; onRetry: () => void };

export function Banner({ connection, outage, onRetry }: BannerProps) {
  const seconds = useCountdown(connection);
  const words = wordsFor(connection, outage);
  return (
    <div className="net" data-shown={words !== null}>
      {words !== null && <Icon name="offline" />}
      <div>
        <span role="status">{words}</span>
        {words !== null && connection.name !== "closed" && !isBlocked(connection) && (
          <span className="tnum" aria-hidden="true">
            {" "}
            {nextTry(connection, seconds)}
          </span>
        )}
      </div>
      {words !== null && <Retry connection={connection} onRetry={onRetry} />}
    </div>
  );
}

/** It stays while it tries, and gives the focus on when it leaves: nobody is lost in between. */
function Retry({ connection, onRetry }: Pick<BannerProps, "connection" | "onRetry">) {
  const button = useRef<HTMLButtonElement>(null);
  const isTrying = connection.name === "connecting" || connection.name === "open";
  useLayoutEffect(() => {
    const { current: own } = button;
    return () => {
      if (document.activeElement === own) focusComposer();
    };
  }, []);
  return (
    <button
      ref={button}
      type="button"
      aria-disabled={isTrying}
      onClick={() => isTrying || onRetry()}
    >
      {connection.name === "closed" ? STRINGS.line.joinAgain : STRINGS.line.retry}
    </button>
  );
}

function wordsFor(connection: State, outage: Outage): string | null {
  if (connection.name === "closed") return STRINGS.line.over(connection.reason);
  if (isBlocked(connection))
    return keptConfig().invite === "required" ? STRINGS.line.uninvited : STRINGS.line.blocked;
  return outage === "lasting" ? STRINGS.line.lost : null;
}

function nextTry(connection: State, seconds: number): string {
  const isNow = connection.name !== "waiting" || seconds === 0;
  return isNow ? STRINGS.line.tryingNow : STRINGS.line.tryingIn(seconds);
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
