/** The last name in this tab, and whether that user left the chat or only closed the page. */

import { isErasedElsewhere, noteKept, readTab, writeTab } from "../device/storage";

export const NAME_KEY = "name";
/** The name as well, but only of a user who has joined. */
const JOINED_KEY = "present";

/** Whether the device was forgotten while this tab slept: it had a name, and has none any more. */
export function isForgotten(): boolean {
  return isErasedElsewhere(NAME_KEY);
}

/** Note in this tab that the device has a name, where it has one. */
export function noteRemembered(): void {
  noteKept(NAME_KEY);
}

export function rememberedName(): string {
  return readTab(NAME_KEY) ?? "";
}

export function rememberName(name: string): void {
  writeTab(NAME_KEY, name);
  noteRemembered();
}

/** The name to join with again without asking; null after leaving. */
export function returningName(): string | null {
  return readTab(JOINED_KEY);
}

/** The name again, too: another tab of this device may have joined with another one last. */
export function rememberJoined(name: string): void {
  rememberName(name);
  writeTab(JOINED_KEY, name);
}

export function rememberLeft(): void {
  writeTab(JOINED_KEY, null);
}
