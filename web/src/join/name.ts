/** Which names may enter: the server's rule, so that a bad name is told here, before the door. */

import { LIMITS } from "../wire/frames";

export type NameCheck = { ok: true; name: string } | { ok: false; problem: string };

export function checkName(written: string): NameCheck {
  const name = written.normalize("NFC").trim();
  const problem = problemOf(name);
  return problem === null ? { ok: true, name } : { ok: false, problem };
}

const LEAST = LIMITS.usernameMinCharacters;
const MOST = LIMITS.usernameMaxCharacters;

function problemOf(name: string): string | null {
  const length = [...name].length;
  if (length < LEAST) return `Use at least ${LEAST} characters.`;
  if (length > MOST) return `Use at most ${MOST} characters.`;
  if (
    !/^[\p{L}\p{Mn}\p{Mc}\p{Nd} _-]*$/u.test(name) ||
    /\p{Default_Ignorable_Code_Point}/u.test(name) ||
    PHONETIC.test(name) ||
    /\p{Lm}/u.test(name.replace(MODIFIERS, ""))
  )
    return "Use letters, digits, spaces, hyphens and underscores only.";
  if (!/[\p{L}\p{Nd}]/u.test(name)) return "Use at least one letter or digit.";
  if (name.includes("  ")) return "Use one space at a time.";
  if (STRAY_MARKS.test(name.normalize("NFKD"))) return "Put marks on a letter, and at most three.";
  if (!isOfOneScript(name)) return "Use letters of one script only.";
  if ([...name.normalize("NFKC")].length > 2 * length) return "Write the letters one by one.";
  return null;
}

/** The modifier letters that names are written with; the others are quotes and accents. */
const MODIFIERS = /[々〻ゝゞーヽヾｰﾞﾟๆໆៗ\ua015ᱸᱹᱺᱻᱼᱽ\u{1e94b}]/gu;

/** Clicks and small capitals: they pass for an exclamation mark, a bar or another letter. */
const PHONETIC =
  /[\u01c0-\u01c3\u0262\u026a\u0274\u0276\u0280\u0281\u028f\u0299\u029b\u029c\u029f\u1d00-\u1dbf\u2c7b\ua730\ua731\ua776\ua7ae\ua7af\ua7fa\uab46\uab65\u{1df00}-\u{1df1e}]/u;

/** A mark without a letter, or a pile of marks that reaches into other lines. */
const STRAY_MARKS = /(?:^|[ _-])[\p{Mn}\p{Mc}]|\p{Mn}{4}/u;

/** Look-alikes hide in mixed scripts. East Asian writing mixes by nature, as in UTS 39. */
function isOfOneScript(name: string): boolean {
  const characters = [...name.normalize("NFKC")];
  const scripts = [...new Set(characters.map(scriptOf))].filter((it) => it !== SHARED);
  return scripts.length <= 1 || MIXES.some((mix) => scripts.every((it) => mix.includes(it)));
}

const SHARED = "shared";
const MIXES = [
  ["Han", "Hiragana", "Katakana"],
  ["Han", "Bopomofo"],
  ["Han", "Hangul"],
];

/** Scripts that people write names in; the rare others count as one, and the server decides. */
const SCRIPTS = `Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Syriac Thaana Nko Ethiopic
  Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao
  Tibetan Myanmar Khmer Mongolian Han Hiragana Katakana Bopomofo Hangul Yi Cherokee
  Canadian_Aboriginal Tifinagh Coptic Glagolitic Gothic Lisu Vai Javanese Balinese Sundanese
  Tai_Le New_Tai_Lue Tai_Tham Cham Ol_Chiki Meetei_Mayek Limbu Lepcha Osage Deseret Adlam`
  .split(/\s+/)
  .map((script) => [script, new RegExp(`\\p{Script=${script}}`, "u")] as const);

function scriptOf(character: string): string {
  if (/[\u0660-\u0669]/u.test(character)) return "Arabic"; // its digits are shared with few others
  if (/[\p{Script=Common}\p{Script=Inherited}]/u.test(character)) return SHARED;
  return SCRIPTS.find(([, pattern]) => pattern.test(character))?.[0] ?? "other";
}
