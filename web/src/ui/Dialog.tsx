/** The browser's own modal: it traps focus, returns it, and needs no style that the CSP blocks. */

import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./Icon";
import "./dialog.css";

type DialogProps = {
  title: string;
  closeLabel: string;
  onClose: () => void;
  /** Leads back to the step before, in dialogs of several. */
  back?: { label: string; onClick: () => void } | undefined;
  /** It asks before something that can't be undone: the id of what it says. */
  asks?: string;
  children: ReactNode;
};

/** Marks what has the focus in a dialog, or in its next step. */
export const FIRST = { "data-first": "" } as const;

export function Dialog({ title, closeLabel, onClose, back, asks, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another title is another step
  useEffect(() => {
    const { current: shown } = dialog;
    const first = shown?.querySelector<HTMLElement>("[data-first]");
    if (first) first.focus();
    else if (!shown?.contains(document.activeElement)) shown?.querySelector("button")?.focus();
  }, [title]);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      role={asks ? "alertdialog" : undefined}
      aria-labelledby={titleId}
      aria-describedby={asks}
      onClose={(event) => event.target === event.currentTarget && onClose()}
    >
      <header>
        {back && (
          <button
            type="button"
            className="icon-btn back"
            aria-label={back.label}
            onClick={back.onClick}
          >
            <Icon name="back" />
          </button>
        )}
        <h2 id={titleId}>{title}</h2>
        {!asks && (
          <button type="button" className="icon-btn" aria-label={closeLabel} onClick={closeDialog}>
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}

/** Through the browser, which then returns the focus to where it was. */
export function closeDialog(event: MouseEvent<HTMLButtonElement>) {
  event.currentTarget.closest("dialog")?.close();
}
