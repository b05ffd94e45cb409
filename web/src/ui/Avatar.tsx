/**
 * Initials on one of eight colours, always the same one for the same id.
 *
 * They are an attribute that the CSS shows, because text would be copied, found and translated.
 */

const COLOURS = 8;

export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span className={`av h${colourOf(id)}`} data-initials={initialsOf(name)} aria-hidden="true" />
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s_-]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map(firstLetter) : [...name].slice(0, 2);
  return letters.join("").toLocaleUpperCase();
}

function firstLetter(word: string): string {
  return [...word][0] ?? "";
}

function colourOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return (sum % COLOURS) + 1;
}
