/** Random numbers for tests: repeatable, so that the seed of a failure can be in its message. */

export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pick one at random. */
export function oneOf<T>(random: () => number, things: readonly T[]): T {
  const chosen = things[Math.floor(random() * things.length)];
  if (chosen === undefined) throw new Error("There is nothing to choose from");
  return chosen;
}
