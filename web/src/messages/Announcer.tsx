/** Reads new messages of others to screen readers: at most one polite sentence a second. */

import { useEffect, useRef, useState } from "react";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";

const GATHER_MS = 1_000;

export function Announcer({ timeline }: { timeline: Timeline }) {
  const { upTo, sentence } = useSentence(timeline);
  // With another key, a sentence that was announced before is announced again.
  return (
    <div className="sr" role="status">
      <span key={upTo}>{sentence}</span>
    </div>
  );
}

type Sentence = { upTo: number; sentence: string };
/** The last seq announced, and in which log: the seqs of another one may start lower. */
type Announced = { epoch: string | null; seq: number };

/** Not announced: what was there when the room opened, older pages, and one's own messages. */
function useSentence({ messages, through, epoch, me }: Timeline): Sentence {
  const [latestSentence, setLatestSentence] = useState<Sentence>({ upTo: 0, sentence: "" });
  const [announced, setAnnounced] = useState<Announced | null>(null);
  const newest = messages.at(-1)?.seq ?? 0;
  if (through !== null && announced?.epoch !== epoch) setAnnounced({ epoch, seq: newest });

  const latest = useRef(messages);
  useEffect(() => {
    latest.current = messages;
  }, [messages]);
  const isDue = announced !== null && newest > announced.seq;

  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(() => {
      const fresh = latest.current.filter(
        ({ seq, userId }) => seq > announced.seq && userId !== me?.userId,
      );
      const upTo = latest.current.at(-1)?.seq ?? 0;
      setAnnounced({ ...announced, seq: upTo });
      if (fresh.length > 0) setLatestSentence({ upTo, sentence: sentenceFor(fresh) });
    }, GATHER_MS);
    return () => clearTimeout(timer);
  }, [isDue, announced, me]);

  return latestSentence;
}

function sentenceFor(fresh: readonly MessageFrame[]): string {
  const [only] = fresh;
  if (fresh.length > 1 || !only) return STRINGS.log.newBelow(fresh.length);
  return STRINGS.log.announced(only.username, only.message);
}
