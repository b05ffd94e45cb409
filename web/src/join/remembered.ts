/** Who one was last time, and whether one left through the door or only closed the page. */

import { keep, kept } from "../device/kept";

export function rememberedName(): string {
  return kept("name") ?? "";
}

export function rememberName(name: string): void {
  keep("name", name);
}

/** The name to come back under without being asked; null after leaving. */
export function returningName(): string | null {
  return kept("inside") === "yes" ? kept("name") : null;
}

export function rememberInside(inside: boolean): void {
  keep("inside", inside ? "yes" : null);
}
