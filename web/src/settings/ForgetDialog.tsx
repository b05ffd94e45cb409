/** Asks before this device is forgotten, and says what goes. */

import type { MouseEvent } from "react";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";

const WORDS = STRINGS.forget;

type ForgetDialogProps = { unsent: number; onForget: () => void; onClose: () => void };

export function ForgetDialog({ unsent, onForget, onClose }: ForgetDialogProps) {
  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
      <div id="forgotten">
        <p>{WORDS.what}</p>
        {unsent > 0 && <p className="lost">{WORDS.unsent(unsent)}</p>}
        <p>{WORDS.stays}</p>
      </div>
      <div className="acts">
        <button type="button" className="plain" onClick={closeDialog}>
          {WORDS.cancel}
        </button>
        <button
          type="button"
          className="plain harm filled"
          aria-describedby="forgotten"
          onClick={onForget}
        >
          {WORDS.forget}
        </button>
      </div>
    </Dialog>
  );
}

/** Through the browser, which then returns the focus to where it was. */
function closeDialog(event: MouseEvent<HTMLButtonElement>) {
  event.currentTarget.closest("dialog")?.close();
}
