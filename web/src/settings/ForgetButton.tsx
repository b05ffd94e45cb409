/** Begins to forget this device: in the settings, and at the door where something is kept. */

import { useState } from "react";
import { STRINGS } from "../strings";
import { ForgetDialog } from "./ForgetDialog";

export type ForgetProps = {
  onForget: () => void;
  countUnsent: () => Promise<number>;
  /** Whose name this device has, if anybody's. */
  owner?: string | null;
};

/** The dialog opens when it is known how many messages it has to speak of. */
export function ForgetButton({ onForget, countUnsent, owner = null }: ForgetProps) {
  const [unsent, setUnsent] = useState<number | null>(null);

  function forget() {
    setUnsent(null);
    onForget();
  }

  return (
    <>
      <button
        type="button"
        className="plain harm"
        aria-haspopup="dialog"
        onClick={() => void countUnsent().then(setUnsent)}
      >
        {STRINGS.forget.title}
      </button>
      {unsent !== null && (
        <ForgetDialog
          unsent={unsent}
          owner={owner}
          onForget={forget}
          onClose={() => setUnsent(null)}
        />
      )}
    </>
  );
}
