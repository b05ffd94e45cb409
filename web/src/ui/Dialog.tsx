/** The browser's own modal: it traps focus, returns it, and needs no style that the CSP blocks. */

import { type ReactNode, useEffect, useRef } from "react";
import { Icon } from "./Icon";
import "./dialog.css";

type DialogProps = { title: string; closeLabel: string; onClose: () => void; children: ReactNode };

export function Dialog({ title, closeLabel, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="dialog-title" onClose={onClose}>
      <header>
        <h2 id="dialog-title">{title}</h2>
        <button
          type="button"
          className="icon-btn"
          aria-label={closeLabel}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
