/** Which key sends a message. */

type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode"> & {
  ctrlKey?: boolean;
  metaKey?: boolean;
};

/** Safari ends a composition before the key event that ended it; only the key code 229 shows it then. */
export function isSendKey(key: Key, enterAddsLine: boolean): boolean {
  const composing = key.isComposing || key.keyCode === 229;
  if (key.key !== "Enter" || composing) return false;
  if (key.ctrlKey || key.metaKey) return true;
  return !key.shiftKey && !enterAddsLine;
}
