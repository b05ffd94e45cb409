/** The server's rules for the text of a message (`fireside/domain/message.py`): what it stores of it. */

/** All that Unicode says ends a line: a message from before this rule may hold any of them. */
export const LINE_END = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** The server refuses these, which a terminal would obey: all but tabs and line feeds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROLS = /[\0-\x08\x0e-\x1f\x7f-\x9f]/g;

/**
 * Return the text as it is sent and stored: trimmed, its lines divided by line feeds alone, without
 * other control characters.
 */
export function cleanText(written: string): string {
  const text = withoutControls(withLineFeeds(written));
  return text.slice(startOf(text), endOf(text));
}

export function withoutControls(text: string): string {
  return text.replace(CONTROLS, "");
}

export function withLineFeeds(text: string): string {
  return text.replace(LINE_END, "\n");
}

/** Where the message in a text starts: of several lines the first keeps its indentation. */
export function startOf(text: string): number {
  const end = endOf(text);
  let start = 0;
  while (start < end && isBlank(text[start])) start += 1;
  const hasLines = text.slice(start, end).includes("\n");
  return hasLines ? text.slice(0, start).lastIndexOf("\n") + 1 : start;
}

/** Character by character: an expression for the end of a text tries every space in it. */
function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1])) end -= 1;
  return end;
}

/** Every space and control character: `trim` and Python's `strip` differ in some of them. */
function isBlank(character = ""): boolean {
  return /[\s\p{Cc}]/u.test(character);
}

/** At least one character can be seen. */
export function hasVisibleText(text: string): boolean {
  return /[^\p{Cf}\p{Cc}\p{Z}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u.test(text);
}
