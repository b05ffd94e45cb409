/** Shows that the connection is lost and what happens next. Screen readers don't hear the countdown. */

import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { focusComposer } from "../composer/focusComposer";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import { type Config, lastConfig } from "./config";
import { isInviteUnclear } from "./invite";
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
            {nextTry(connection, seconds)}
          </span>
        )}
      </div>
      {words !== null && <Retry connection={connection} onRetry={onRetry} />}
    </div>
  );
}

/** It stays while connecting; when it goes, its focus moves to the composer instead of being lost. */
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
      {connection.name === "closed" ? STRINGS.connection.joinAgain : STRINGS.connection.retry}
    </button>
  );
}

function wordsFor(connection: State, outage: Outage): string | null {
  if (connection.name === "closed") return STRINGS.connection.over(connection.reason);
  if (isBlocked(connection)) return wordsForBlocked(lastConfig());
  return outage === "lasting" ? STRINGS.connection.lost : null;
}

function wordsForBlocked({ invite, losesUpgrades, isProxyUnknown }: Config): string {
  if (isProxyUnknown) return STRINGS.connection.unknownProxy;
  if (losesUpgrades) return STRINGS.connection.noUpgrade;
  if (invite !== "required") return STRINGS.connection.blocked;
  return isInviteUnclear() ? STRINGS.connection.unclearInvite : STRINGS.connection.uninvited;
}

function nextTry(connection: State, seconds: number): string {
  const isNow = connection.name !== "waiting" || seconds === 0;
  return isNow ? STRINGS.connection.tryingNow : STRINGS.connection.tryingIn(seconds);
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
