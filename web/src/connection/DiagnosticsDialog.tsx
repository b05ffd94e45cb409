/** How the line is, in numbers, for whoever wonders whether something is missing. */

import type { Timeline } from "../timeline/timeline";
import { Dialog } from "../ui/Dialog";

const COUNT = new Intl.NumberFormat("en");

type DiagnosticsProps = { timeline: Timeline; skipped: number; words: string; onClose: () => void };

export function DiagnosticsDialog({ timeline, skipped, words, onClose }: DiagnosticsProps) {
  const { through, known, outbox } = timeline;
  return (
    <Dialog title="Connection details" onClose={onClose}>
      <dl>
        <dt>Connection</dt>
        <dd>{words}</dd>
        <dt>Messages</dt>
        <dd>
          {through === null ? "not loaded yet" : `complete to #${COUNT.format(through)}`}
          {through !== null && known > through && `, fetching up to #${COUNT.format(known)}`}
        </dd>
        <dt>Still to send</dt>
        <dd>{COUNT.format(outbox.length)}</dd>
        <dt>Unreadable</dt>
        <dd>{`${COUNT.format(skipped)} frames skipped`}</dd>
      </dl>
    </Dialog>
  );
}
