/** What is wrong with the name while it is typed; only after a pause, so not in the middle of it. */

import { useEffect, useState } from "react";
import { checkName } from "./name";

const TYPING_PAUSE_MS = 500;

export function useNameProblem(written: string): string | null {
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setRested(written), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  if (rested !== written || written.trim() === "") return null;
  const check = checkName(written);
  return check.ok ? null : check.problem;
}
