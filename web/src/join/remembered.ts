/** The name of last time. Storage can be forbidden or full; then one types it again. */

const KEY = "fireside.name";

export function rememberedName(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Nothing is lost but a convenience.
  }
}
