/** Tells a screen reader what others just said: one polite sentence a second at most. */

import { useEffect, useRef, useState } from "react";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";

const GATHER_MS = 1_000;

export function Announcer({ timeline }: { timeline: Timeline }) {
  const { upTo, sentence } = useSentence(timeline);
  // With a key of its own, a sentence that was said before is heard again.
  return (
    <div className="sr" role="status">
      <span key={upTo}>{sentence}</span>
    </div>
  );
}

type Sentence = { upTo: number; sentence: string };
/** How far all was announced, in which log: another one may begin lower. */
type Spoken = { epoch: string | null; seq: number };

/** What was there when the room opened, older pages and my own words stay silent. */
function useSentence({ messages, through, epoch, me }: Timeline): Sentence {
  const [said, setSaid] = useState<Sentence>({ upTo: 0, sentence: "" });
  const [spoken, setSpoken] = useState<Spoken | null>(null);
  const newest = messages.at(-1)?.seq ?? 0;
  if (through !== null && spoken?.epoch !== epoch) setSpoken({ epoch, seq: newest });

  const latest = useRef(messages);
  useEffect(() => {
    latest.current = messages;
  }, [messages]);
  const isDue = spoken !== null && newest > spoken.seq;

  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(() => {
      const heard = latest.current.filter(
        ({ seq, userId }) => seq > spoken.seq && userId !== me?.userId,
      );
      const upTo = latest.current.at(-1)?.seq ?? 0;
      setSpoken({ ...spoken, seq: upTo });
      if (heard.length > 0) setSaid({ upTo, sentence: sentenceFor(heard) });
    }, GATHER_MS);
    return () => clearTimeout(timer);
  }, [isDue, spoken, me]);

  return said;
}

function sentenceFor(heard: readonly MessageFrame[]): string {
  const [only] = heard;
  if (heard.length > 1 || !only) return STRINGS.log.newBelow(heard.length);
  return STRINGS.log.announced(only.username, only.message);
}
