/** Keys that work anywhere in the room: Escape goes to the composer, Ctrl+/ opens the help. */

import { useEffect } from "react";
import { focusComposer } from "../composer/focusComposer";

export function useShortcuts(onHelp: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      const isTyping = event.target instanceof Element && event.target.matches("input,textarea");
      if (event.key === "Escape" && !isTyping) focusComposer();
      if (!isHelpKey(event)) return;
      event.preventDefault();
      onHelp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

/** Only with a modifier: a single key pressed by accident or by dictation must not open a dialog. */
function isHelpKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return key === "/" && (ctrlKey || metaKey) && !altKey;
}
