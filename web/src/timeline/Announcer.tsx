/** Tells a screen reader what others just said: one polite sentence a second at most. */

import { useEffect, useRef, useState } from "react";
import { STRINGS } from "../ui/strings";
import type { MessageFrame } from "../wire/frames";
import type { Timeline } from "./timeline";

const GATHER_MS = 1_000;

export function Announcer({ timeline }: { timeline: Timeline }) {
  return (
    <div className="sr" role="status">
      {useSentence(timeline)}
    </div>
  );
}

/** What was there when the room opened, older pages and my own words stay silent. */
function useSentence({ messages, through, me }: Timeline): string {
  const [sentence, setSentence] = useState("");
  const [spoken, setSpoken] = useState<number | null>(null);
  const newest = messages.at(-1)?.seq ?? 0;
  if (spoken === null && through !== null) setSpoken(newest);

  const latest = useRef(messages);
  useEffect(() => {
    latest.current = messages;
  }, [messages]);
  const isDue = spoken !== null && newest > spoken;

  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(() => {
      const heard = latest.current.filter(
        ({ seq, userId }) => seq > spoken && userId !== me?.userId,
      );
      setSpoken(latest.current.at(-1)?.seq ?? 0);
      if (heard.length > 0) setSentence(sentenceFor(heard));
    }, GATHER_MS);
    return () => clearTimeout(timer);
  }, [isDue, spoken, me]);

  return sentence;
}

function sentenceFor(heard: readonly MessageFrame[]): string {
  const [only] = heard;
  if (heard.length > 1 || !only) return STRINGS.log.newBelow(heard.length);
  return STRINGS.log.announced(only.username, only.message);
}
