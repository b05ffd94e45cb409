/** Which of the messages are mounted: the others are held, and mounted when one scrolls to them. */

import { useMemo, useState } from "react";
import type { Timeline } from "../timeline/model";
import { earlier, type First, later, pinned, sliceOf } from "./mounted";

export function useMounted(timeline: Timeline) {
  const [first, setFirst] = useState<First>(null);
  const { messages } = timeline;
  const { start, end } = sliceOf(messages, first);
  const hasNewest = end === messages.length;
  const mounted = useMemo(
    () =>
      start === 0 && hasNewest
        ? timeline
        : {
            ...timeline,
            messages: messages.slice(start, end),
            outbox: hasNewest ? timeline.outbox : [],
          },
    [timeline, messages, start, end, hasNewest],
  );

  /** Mount earlier messages; return false when none are held. */
  function showEarlier(): boolean {
    setFirst((now) => earlier(messages, now));
    return start > 0;
  }
  const showLater = () => setFirst((now) => later(messages, now));
  const pin = () => setFirst((now) => pinned(messages, now));
  const showNewest = () => setFirst(null);
  return { mounted, hasNewest, showEarlier, showLater, pin, showNewest };
}
