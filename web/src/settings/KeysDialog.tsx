/** The keys that do something here. */

import { Dialog } from "../ui/Dialog";

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl>
        {KEYS.map(([key, what]) => (
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

const KEYS = [
  ["↑ ↓", "Row above or below, in the messages"],
  ["End", "Latest message, in the messages"],
  ["Esc", "Back to writing"],
  ["?", "These keys"],
] as const;
