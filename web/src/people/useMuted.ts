/** Until when a moderator has silenced me, as it is said; null when I may write. */

import { useEffect, useState } from "react";
import type { User } from "../wire/frames";

const UNTIL = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  hour: "numeric",
  minute: "2-digit",
});

/** The longest delay of `setTimeout`. */
const LONGEST_MS = 2 ** 31 - 1;

export function useMuted(user: User | null): string | null {
  const until = user?.mutedUntil === undefined ? 0 : Date.parse(user.mutedUntil);
  const [, setOver] = useState(0);
  useEffect(() => {
    const ms = until - Date.now();
    if (ms <= 0) return;
    const timer = setTimeout(() => setOver(until), Math.min(ms, LONGEST_MS));
    return () => clearTimeout(timer);
  }, [until]);
  return until > Date.now() ? UNTIL.format(until) : null;
}
