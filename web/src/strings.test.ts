// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";
import { STRINGS } from "./strings";

describe("counted words", () => {
  it.each([
    [STRINGS.log.newBelow, 1, "1 new message"],
    [STRINGS.log.newBelow, 2, "2 new messages"],
    [STRINGS.log.newBelow, 1_234, "1,234 new messages"],
    [STRINGS.details.skipped, 0, "0 frames skipped"],
    [STRINGS.details.skipped, 1, "1 frame skipped"],
    [STRINGS.badName.tooShort, 1, "Use at least 1 character."],
    [STRINGS.badName.tooLong, 20, "Use at most 20 characters."],
    [STRINGS.details.complete, 1_234, "complete to #1,234"],
  ])("include the number (%#)", (say, count, words) => {
    expect(say(count)).toBe(words);
  });

  it("stop counting in a tab's title where there is no space", () => {
    expect(STRINGS.tab.unread(99, "x")).toBe("(99) x");
    expect(STRINGS.tab.unread(100, "x")).toBe("(99+) x");
  });
});

const ELSEWHERE = /\.test\.tsx?$|src\/(testing\/|strings\.ts|wire\/frames\.ts)/;

/** Texts are where a translator looks for them: in no other file. */
describe("words outside the catalogue", () => {
  const files = readdirSync("src", { recursive: true })
    .map((name) => `src/${name}`)
    .filter((name) => /\.tsx?$/.test(name) && !ELSEWHERE.test(name));

  it.each(files)("there are none in %s", (name) => {
    expect(wordsIn(name, readFileSync(name, "utf-8"))).toEqual([]);
  });

  it.each([
    ["<p>Hello</p>", "Hello"],
    ["<p>{open ? 'Hello' : null}</p>", "Hello"],
    [`<p>{open && \`Hello \${name}\`}</p>`, "Hello "],
    ['<p title="Hello" />', "Hello"],
    ['<button aria-label={"hello"} />', "hello"],
    [`<button aria-label={\`hello \${name}\`} />`, "hello "],
    ['<p aria-description={open ? "hello" : ""} />', "hello"],
    ["function label() { return 'Hello'; }", "Hello"],
    ["const words = { name: 'say hello' };", "say hello"],
  ])("are found in %s", (code, found) => {
    expect(wordsIn("probe.tsx", code)).toEqual([found]);
  });

  it.each([
    '<p className="a b" data-look="on" />',
    "if (key === 'Enter' || name in { Notification }) start();",
    "import { Icon } from './Icon';",
    "throw new Error('There is no storage');",
    "type Look = 'Light mode' | 'Dark';",
    "matchMedia('(pointer: coarse)');",
    "<p>{' '}{count}…</p>",
  ])("are not found in %s", (code) => {
    expect(wordsIn("probe.tsx", code)).toEqual([]);
  });
});

type Node = { type: string; [field: string]: unknown };

/** Where a literal is heard or read, whatever it looks like. */
const SPOKEN =
  /^(aria-(label|description|placeholder|valuetext|roledescription)|title|placeholder|alt|label|summary)$/;
/** What no reader ever sees. */
const UNSEEN = /^(ImportDeclaration|BinaryExpression|TS.*|NewExpression)$/;

function wordsIn(name: string, code: string): string[] {
  const found: string[] = [];
  look(parseSync(name, code).program as unknown as Node, "code");
  return found;

  function look(node: Node, place: "code" | "page" | "unseen"): void {
    const text = textOf(node);
    if (text !== null && isWords(text, place)) found.push(text);
    const inside = placeInside(node, place);
    for (const child of childrenOf(node)) look(child, inside);
  }
}

function placeInside(node: Node, place: "code" | "page" | "unseen") {
  if (place === "unseen" || UNSEEN.test(node.type)) return "unseen";
  if (node.type === "JSXAttribute")
    return SPOKEN.test((node.name as { name: string }).name) ? "page" : "unseen";
  return node.type === "JSXElement" || node.type === "JSXFragment" ? "page" : place;
}

function textOf(node: Node): string | null {
  if (node.type === "JSXText") return String(node.value).trim();
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateElement") return (node.value as { raw: string }).raw;
  return null;
}

/** A media query for nothing. */
const NOT_WORDS = new Set(["not all"]);

/** On the page every letter counts; in code only what reads like a name or a sentence. */
function isWords(text: string, place: "code" | "page" | "unseen"): boolean {
  if (place === "unseen" || NOT_WORDS.has(text)) return false;
  if (place === "page") return /\p{L}/u.test(text);
  return /^\p{Lu}\p{Ll}+(?!\p{L})|\p{L}[.,!?]? \p{L}/u.test(text);
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((it): it is Node => typeof it === "object" && it !== null && "type" in it);
}
