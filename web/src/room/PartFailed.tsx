/** In the place of a dialog whose code did not load: the server is away, or has other files by now. */

import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";

const WORDS = STRINGS.failure;

type PartFailedProps = { onRetry: () => void; onClose: () => void };

export function PartFailed({ onRetry, onClose }: PartFailedProps) {
  return (
    <Dialog title={WORDS.part} closeLabel={STRINGS.close} onClose={onClose}>
      <p role="alert">{`${WORDS.whyPart} ${WORDS.kept}`}</p>
      <div className="choices">
        <button type="button" className="plain" onClick={onRetry}>
          {WORDS.retry}
        </button>
        <button type="button" className="plain" onClick={() => location.reload()}>
          {WORDS.reload}
        </button>
      </div>
    </Dialog>
  );
}
