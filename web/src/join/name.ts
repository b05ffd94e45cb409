/**
 * Finds what is wrong with a name before its user joins.
 *
 * The server judges names (`fireside/domain/names.py`) and a page can't see its reason, so the usual
 * mistakes are found here. No name that the server takes may be refused: a rule that is hard to get
 * exactly right is left to the server, and so is every character that this browser doesn't know yet.
 */

import { STRINGS } from "../strings";
import { LIMITS } from "../wire/frames";

type NameCheck = { ok: true; name: string } | { ok: false; problem: string };

export function checkName(written: string): NameCheck {
  const name = trim(written.normalize("NFC"));
  const problem = problemOf(name);
  return problem === null ? { ok: true, name } : { ok: false, problem };
}

const MIN_LENGTH = LIMITS.usernameMinCharacters;
const MAX_LENGTH = LIMITS.usernameMaxCharacters;

function problemOf(written: string): string | null {
  const { length } = [...written];
  if (length < MIN_LENGTH) return STRINGS.badName.tooShort(MIN_LENGTH);
  if (length > MAX_LENGTH) return STRINGS.badName.tooLong(MAX_LENGTH);
  return problemOfLetters(withoutGoodJoiners(written));
}

function problemOfLetters(name: string): string | null {
  if (NOT_ALLOWED.test(name)) return STRINGS.badName.characters;
  if (!LETTER_OR_DIGIT.test(name)) return STRINGS.badName.noLetter;
  if (name.includes("  ")) return STRINGS.badName.spaces;
  if (STRAY_MARKS.test(name.normalize("NFKD"))) return STRINGS.badName.marks;
  if (mixesScripts(name)) return STRINGS.badName.scripts;
  return null;
}

/**
 * Invisible joiners are part of how some scripts are written. The server knows which marks are
 * viramas and which Arabic letters join; here any mark and any Arabic letter will do.
 */
function withoutGoodJoiners(name: string): string {
  return name
    .replace(/([\p{M}\p{Cn}])(?:\u200c(?=[\p{L}\p{Cn}])|\u200d(?![\p{M}\u200c\u200d]))/gu, "$1")
    .replace(/(\p{Script=Arabic}\p{M}*)\u200c(?=\p{Script=Arabic})/gu, "$1");
}

/** Cn: characters of a later Unicode than this browser's, which the server may know. */
const NOT_ALLOWED = /[^\p{L}\p{M}\p{Nd}\p{Cn} _-]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}\p{Cn}]/u;

/** A mark without a letter, or a pile of marks that reaches into other lines. */
const STRAY_MARKS = /(?:^|[ _-])[\p{Mn}\p{Mc}]|\p{Mn}{4}/u;

/** Python's `strip` takes some control characters away that JavaScript's `trim` leaves. */
function trim(text: string): string {
  return text.replace(/^[\s\p{Cc}]+|[\s\p{Cc}]+$/gu, "");
}

/** The writing systems of today's languages, each with the scripts that it mixes, as in UTS 39. */
const WRITING_SYSTEMS = [
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Bopomofo}]/u,
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Hangul}]/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Bengali}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Devanagari}/u,
  /\p{Script=Ethiopic}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Gujarati}/u,
  /\p{Script=Gurmukhi}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Kannada}/u,
  /\p{Script=Khmer}/u,
  /\p{Script=Lao}/u,
  /\p{Script=Malayalam}/u,
  /\p{Script=Myanmar}/u,
  /\p{Script=Oriya}/u,
  /\p{Script=Sinhala}/u,
  /\p{Script=Tamil}/u,
  /\p{Script=Telugu}/u,
  /\p{Script=Thaana}/u,
  /\p{Script=Thai}/u,
  /\p{Script=Tibetan}/u,
];

/** Look-alikes hide in mixed scripts. A letter of a script that is not listed goes with any. */
function mixesScripts(name: string): boolean {
  const letters = name.normalize("NFKC").match(/\p{L}/gu) ?? [];
  const known = letters.filter((letter) => WRITING_SYSTEMS.some((system) => system.test(letter)));
  return !WRITING_SYSTEMS.some((system) => known.every((letter) => system.test(letter)));
}
