/** The browser's own modal: it traps focus, returns it, and needs no style that the CSP blocks. */

import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./Icon";
import "./dialog.css";

type DialogProps = { title: string; closeLabel: string; onClose: () => void; children: ReactNode };

export function Dialog({ title, closeLabel, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={titleId}
      onClose={(event) => event.target === event.currentTarget && onClose()}
    >
      <header>
        <h2 id={titleId}>{title}</h2>
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
