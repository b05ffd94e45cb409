/** Who one was last time in this tab, and whether one left through the door or only closed the page. */

import { keepHere, keptHere } from "../device/storage";

export function rememberedName(): string {
  return keptHere("name") ?? "";
}

export function rememberName(name: string): void {
  keepHere("name", name);
}

/** The name to come back under without being asked; null after leaving. */
export function returningName(): string | null {
  return keptHere(PRESENT);
}

/** In another tab of this device somebody else may have been the last at the door. */
export function rememberInside(name: string): void {
  rememberName(name);
  keepHere(PRESENT, name);
}

export function rememberLeft(): void {
  keepHere(PRESENT, null);
}

/** Has the name: whoever is at a door, and not inside yet, has one too. */
const PRESENT = "present";
