/** Which names may enter: the server's rule, so that a bad name is told here, before the door. */

import { STRINGS } from "../ui/strings";
import { LIMITS } from "../wire/frames";
import { RUNS, SPACES, USED_TOGETHER } from "./nameTables";

export type NameCheck = { ok: true; name: string } | { ok: false; problem: string };

export function checkName(written: string): NameCheck {
  const name = strip(written.normalize("NFC"));
  const problem = problemOf(name);
  return problem === null ? { ok: true, name } : { ok: false, problem };
}

const LEAST = LIMITS.usernameMinCharacters;
const MOST = LIMITS.usernameMaxCharacters;
const PUNCTUATION = " -_";

function problemOf(name: string): string | null {
  const characters = [...name];
  if (characters.length < LEAST) return STRINGS.badName.tooShort(LEAST);
  if (characters.length > MOST) return STRINGS.badName.tooLong(MOST);
  if (!characters.every((it) => PUNCTUATION.includes(it) || wordOf(it)))
    return STRINGS.badName.characters;
  if (!characters.some((it) => wordOf(it)?.isMark === false)) return STRINGS.badName.noLetter;
  if (name.includes("  ")) return STRINGS.badName.spaces;
  if (STRAY_MARKS.test(name.normalize("NFKD"))) return STRINGS.badName.marks;
  if (!isOfOneScript(name)) return STRINGS.badName.scripts;
  if ([...folded(name)].length > 2 * characters.length) return STRINGS.badName.ligatures;
  return null;
}

/** A mark without a letter, or a pile of marks that reaches into other lines. */
const STRAY_MARKS = /(?:^|[ _-])[\p{Mn}\p{Mc}]|\p{Mn}{4}/u;

/** Compatible letters, written out: case does not change how many they are by much. */
function folded(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** As Python strips; JavaScript's own `trim` takes other characters away. */
function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACES.includes(text.charAt(start))) start += 1;
  while (end > start && SPACES.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Look-alikes hide in mixed scripts. East Asian writing mixes by nature, as in UTS 39. */
function isOfOneScript(name: string): boolean {
  const scripts = new Set([...name.normalize("NFKC")].map(scriptOf));
  scripts.delete(COMMON);
  return (
    scripts.size <= 1 || USED_TOGETHER.some((some) => [...scripts].every((it) => some.includes(it)))
  );
}

const COMMON = 0;
/** What only a compatible form contains, such as the dot in ŀ, belongs to no script of names. */
const OTHER = -1;

function scriptOf(character: string): number {
  return PUNCTUATION.includes(character) ? COMMON : (wordOf(character)?.script ?? OTHER);
}

type Run = { start: number; end: number; isMark: boolean; script: number };

let runs: Run[] | null = null;

function wordOf(character: string): Run | undefined {
  const code = character.codePointAt(0) ?? 0;
  runs ??= unpacked();
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.end ?? 0) <= code) low = middle + 1;
    else high = middle;
  }
  const run = runs[low];
  return run && run.start <= code ? run : undefined;
}

function unpacked(): Run[] {
  let at = 0;
  return RUNS.split(";").map((fields) => {
    const [gap = 0, length = 0, kind = 0] = fields.split(",").map((it) => Number.parseInt(it, 36));
    const start = at + gap;
    at = start + length;
    return { start, end: at, isMark: kind % 2 === 1, script: kind >> 1 };
  });
}
