/** What the server answers to a question that a dialog asks when it opens. */

import { useEffect, useState } from "react";
import { STRINGS } from "../strings";
import type { Outcome } from "./requests";

export type Answered<Frame> = {
  frame: Frame | null;
  problem: string | null;
  show: (outcome: Outcome<Frame>) => void;
};

export function useAnswer<Frame>(ask: () => Promise<Outcome<Frame>>): Answered<Frame> {
  const [frame, setFrame] = useState<Frame | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  function show(outcome: Outcome<Frame>) {
    if (outcome.ok) setFrame(outcome.frame);
    setProblem(problemOf(outcome));
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is asked once, on opening
  useEffect(() => {
    let isClosed = false;
    void ask().then((outcome) => isClosed || show(outcome));
    return () => {
      isClosed = true;
    };
  }, []);
  return { frame, problem, show };
}

/** The server's sentence, or that there is no connection. */
export function problemOf(outcome: Outcome<unknown>): string | null {
  return outcome.ok ? null : STRINGS.sentence(outcome.problem ?? STRINGS.you.lost);
}
