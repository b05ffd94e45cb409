/** Asks before this device is forgotten, and says what goes. */

import { STRINGS } from "../strings";
import { closeDialog, Dialog } from "../ui/Dialog";

const WORDS = STRINGS.forget;

type ForgetDialogProps = {
  unsent: number;
  /** Whose name this device has, if anybody's. */
  owner: string | null;
  onForget: () => void;
  onClose: () => void;
};

export function ForgetDialog({ unsent, owner, onForget, onClose }: ForgetDialogProps) {
  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
      <div id="forgotten">
        <p>{WORDS.what}</p>
        {unsent > 0 && <p className="lost">{WORDS.unsent(unsent)}</p>}
        {owner !== null && <p className="lost">{WORDS.name(owner)}</p>}
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
