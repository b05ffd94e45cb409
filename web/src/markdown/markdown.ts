/**
 * A small, safe part of Markdown, read in one pass per line into plain data; nothing becomes HTML.
 *
 * What is not well formed is simply text. A mark looks no further than the next mark of its kind, so
 * the time grows with the text and not with its square.
 */

import { LINE_END } from "../wire/text";
import { DIRECTION, destinationOf } from "./link";

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "bold" | "italic" | "strike"; inside: Inline[] }
  | Link;

/** `destination`: where it leads, unless what it shows begins with that. */
type Link = { kind: "link"; href: string; text: string; destination: string | null };

export type Block =
  | { kind: "lines"; lines: Inline[][] }
  | { kind: "quote"; lines: Inline[][] }
  | { kind: "list"; start: number | null; items: Inline[][] }
  | { kind: "code"; text: string };

const FENCE = "```";
const QUOTE = /^> ?/;
const BULLET = /^[-*] +(?=\S)/;
const NUMBER = /^(\d{1,4})[.)] +(?=\S)/;

export function blocksOf(source: string): Block[] {
  const lines = source.split(LINE_END);
  const lastFence = lines.findLastIndex((line) => line.startsWith(FENCE));
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    if (line.startsWith(FENCE) && at < lastFence) {
      const end = lines.findIndex((it, index) => index > at && it.startsWith(FENCE));
      blocks.push({ kind: "code", text: lines.slice(at + 1, end).join("\n") });
      at = end + 1;
    } else {
      addLine(blocks, line);
      at += 1;
    }
  }
  return blocks;
}

function addLine(blocks: Block[], line: string): void {
  const last = blocks.at(-1);
  if (QUOTE.test(line)) {
    const inside = inlinesOf(line.replace(QUOTE, ""));
    if (last?.kind === "quote") last.lines.push(inside);
    else blocks.push({ kind: "quote", lines: [inside] });
    return;
  }
  const number = NUMBER.exec(line);
  if (number || BULLET.test(line)) {
    const start = number ? Number(number[1]) : null;
    const inside = inlinesOf(line.replace(number ? NUMBER : BULLET, ""));
    const goesOn = last?.kind === "list" && (last.start === null) === (start === null);
    if (goesOn) last.items.push(inside);
    else blocks.push({ kind: "list", start, items: [inside] });
    return;
  }
  if (last?.kind === "lines") last.lines.push(inlinesOf(line));
  else blocks.push({ kind: "lines", lines: [inlinesOf(line)] });
}

const MARKS = [
  ["**", "bold"],
  ["~~", "strike"],
  ["*", "italic"],
  ["_", "italic"],
] as const;

const DEEPEST = 4;
const ADDRESS = /(?:https?:\/\/|mailto:)[^\s<>"`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/y;
const NAMED_LINK = /\[([^[\]\n]{1,500})\]\(((?:https?:\/\/|mailto:)[^\s()<>"]{1,1000})\)/y;
const WORD = /[\p{L}\p{N}]/u;

function inlinesOf(line: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let text = "";
  let at = 0;
  const add = (inline: Inline, next: number) => {
    if (text !== "") found.push({ kind: "text", text });
    text = "";
    found.push(inline);
    at = next;
  };
  while (at < line.length) {
    const before = at;
    const here = line[at];
    if (here === "`") {
      const end = line.indexOf("`", at + 1);
      if (end > at + 1) add({ kind: "code", text: line.slice(at + 1, end) }, end + 1);
    } else if (here === "[") {
      const link = matchAt(NAMED_LINK, line, at);
      const [whole = "", label = "", href = ""] = link ?? [];
      if (link && isSafe(href)) add(linkTo(href, label), at + whole.length);
    } else if ((here === "h" || here === "m") && !WORD.test(line[at - 1] ?? "")) {
      const href = trimmed(matchAt(ADDRESS, line, at)?.[0] ?? "");
      if (isSafe(href)) add(linkTo(href, href), at + href.length);
    } else if (depth < DEEPEST) {
      const mark = MARKS.find(([sign]) => line.startsWith(sign, at));
      if (mark) {
        const [sign, kind] = mark;
        const end = endOf(line, sign, at);
        if (end > 0)
          add(
            { kind, inside: inlinesOf(line.slice(at + sign.length, end), depth + 1) },
            end + sign.length,
          );
        if (end === 0) {
          text += sign;
          at += sign.length;
        }
      }
    }
    if (at === before) {
      text += here;
      at += 1;
    }
  }
  if (text !== "") found.push({ kind: "text", text });
  return found;
}

/** Where the mark that opens at `at` closes; 0 when it opens nothing here, -1 when none can. */
function endOf(line: string, sign: string, at: number): number {
  const first = line[at + sign.length] ?? " ";
  if (/\s/.test(first) || first === sign[0]) return 0;
  if (sign === "_" && WORD.test(line[at - 1] ?? "")) return 0;
  const end = line.indexOf(sign, at + sign.length + 1);
  if (end === -1) return -1;
  if (/\s/.test(line[end - 1] ?? " ")) return 0;
  if (sign === "_" && WORD.test(line[end + 1] ?? "")) return 0;
  return end;
}

function linkTo(href: string, label: string): Link {
  const text = label.replace(DIRECTION, "");
  return { kind: "link", href, text, destination: destinationOf(text, href) };
}

function matchAt(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

/** A full stop after an address ends the sentence, not the address. */
function trimmed(href: string): string {
  let end = href.length;
  while (end > 0 && ".,;:!?'*_~)]}".includes(href[end - 1] ?? "")) {
    if (href[end - 1] === ")" && href.lastIndexOf("(", end) > -1) break;
    end -= 1;
  }
  return href.slice(0, end);
}

function isSafe(href: string): boolean {
  if (!URL.canParse(href)) return false;
  const { protocol, host, pathname } = new URL(href);
  return protocol === "mailto:"
    ? pathname.includes("@")
    : host !== "" && /^https?:$/.test(protocol);
}

/** One to eight emoji and nothing else are shown large. */
export function isEmojiOnly(text: string): boolean {
  return text.length <= 80 && EMOJI_ONLY.test(text);
}

const EMOJI_ONLY =
  /^(?:\s*(?:\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|(?=\p{Emoji})(?![0-9#*])\p{Emoji}(?:\p{EMod}|\ufe0f)?(?:\u200d\p{Emoji}(?:\p{EMod}|\ufe0f)?)*)){1,8}\s*$/u;
