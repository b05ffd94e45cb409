/** The keyboard shortcuts. */

import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={STRINGS.keys.title} closeLabel={STRINGS.close} onClose={onClose}>
      <dl>
        {STRINGS.keys.list.map(([key, what]) => (
          <div key={key} className="pair">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
