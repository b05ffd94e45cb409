/** The state of the connection in numbers: whether messages are missing or unsent. */

import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import { Dialog } from "../ui/Dialog";

const WORDS = STRINGS.details;

type DiagnosticsProps = {
  timeline: Timeline;
  skipped: number;
  status: string;
  onClose: () => void;
};

export function DiagnosticsDialog({ timeline, skipped, status, onClose }: DiagnosticsProps) {
  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
      <dl>
        <dt>{WORDS.connection}</dt>
        <dd>{status}</dd>
        <dt>{WORDS.messages}</dt>
        <dd>{completeness(timeline)}</dd>
        <dt>{WORDS.toSend}</dt>
        <dd>{WORDS.count(timeline.outbox.length)}</dd>
        <dt>{WORDS.unreadable}</dt>
        <dd>{WORDS.skipped(skipped)}</dd>
      </dl>
    </Dialog>
  );
}

function completeness({ through, known }: Timeline): string {
  if (through === null) return WORDS.notLoaded;
  const complete = through === 0 ? WORDS.none : WORDS.complete(through);
  return known > through ? complete + WORDS.fetching(known) : complete;
}
