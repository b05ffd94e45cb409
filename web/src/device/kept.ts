/** Small things kept at once, as text. Storage can be forbidden or full; then they last one visit. */

const visit = new Map<string, string | null>();

export function kept(key: string): string | null {
  const here = visit.get(key);
  if (here !== undefined) return here;
  try {
    return localStorage.getItem(`fireside.${key}`);
  } catch {
    return null;
  }
}

/** Keep `value`; null forgets it. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`fireside.${key}`);
    else localStorage.setItem(`fireside.${key}`, value);
    visit.delete(key);
  } catch {
    visit.set(key, value);
  }
}
