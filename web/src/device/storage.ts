/** Small things kept at once, as text. Storage can be forbidden or full; then they last one visit. */

export function kept(key: string): string | null {
  return device.kept(key);
}

/** Keep `value`; null forgets it. */
export function keep(key: string, value: string | null): void {
  device.keep(key, value);
}

/** What this tab kept; a tab that never did begins with what another kept last. */
export function keptHere(key: string): string | null {
  const here = tab.kept(key);
  if (here !== null) return fromTab(here);
  const begun = device.kept(key);
  if (begun !== null) tab.keep(key, begun); // what another keeps from now on is not this tab's
  return begun;
}

/** Two tabs may be two people: each keeps its own, and what is forgotten is not the other's. */
export function keepHere(key: string, value: string | null): void {
  const before = keptHere(key);
  tab.keep(key, value ?? FORGOTTEN);
  if (value !== null || device.kept(key) === before) device.keep(key, value);
}

/** In a tab, to tell it from what was never kept. */
const FORGOTTEN = "";

function fromTab(here: string): string | null {
  return here === FORGOTTEN ? null : here;
}

/** The browser's key for ours, which its `storage` events tell. */
export function storedAs(key: string): string {
  return `fireside.${key}`;
}

/** The name of a storage may throw where it is forbidden, so it is asked for each time. */
function placeIn(storage: () => Storage) {
  const visit = new Map<string, string | null>();

  function kept(key: string): string | null {
    const here = visit.get(key);
    if (here !== undefined) return here;
    try {
      return storage().getItem(storedAs(key));
    } catch {
      return null;
    }
  }

  function keep(key: string, value: string | null): void {
    try {
      if (value === null) storage().removeItem(storedAs(key));
      else storage().setItem(storedAs(key), value);
      visit.delete(key);
    } catch {
      visit.set(key, value);
    }
  }

  return { kept, keep };
}

const device = placeIn(() => localStorage);
const tab = placeIn(() => sessionStorage);
