import { describe, expect, it, vi } from "vitest";
import { type Block, blocksOf, type Inline, isEmojiOnly } from "./markdown";

function shown(inlines: Inline[]): string {
  return inlines
    .map((it) => {
      if (it.kind === "text") return it.text;
      if (it.kind === "code") return `<code ${it.text}>`;
      if (it.kind === "link") {
        const { href, text, destination } = it;
        return `<${href} ${text}${destination === null ? "" : ` (${destination})`}>`;
      }
      return `<${it.kind} ${shown(it.inside)}>`;
    })
    .join("");
}

describe("a line", () => {
  it.each([
    ["plain", "plain"],
    ["**bold** and *italic* and _so_", "<bold bold> and <italic italic> and <italic so>"],
    ["~~gone~~ `**code**`", "<strike gone> <code **code**>"],
    ["**bold *inside* it**", "<bold bold <italic inside> it>"],
    ["2 * 3 * 4", "2 * 3 * 4"],
    ["snake_case_name", "snake_case_name"],
    ["**open", "**open"],
    ["see https://a.example/x.", "see <https://a.example/x https://a.example/x>."],
    ["[there](https://a.example)", "<https://a.example there (a.example)>"],
    [
      "[https://bank.example](https://evil.example)",
      "<https://evil.example https://bank.example (evil.example)>",
    ],
    [
      "[\u202eelpmaxe.knab//:sptth\u202c](https://evil.example)",
      "<https://evil.example elpmaxe.knab//:sptth (evil.example)>",
    ],
    [
      "https://bank.example@evil.example!",
      "<https://bank.example@evil.example https://bank.example@evil.example (evil.example)>!",
    ],
    [
      "https://evil.example/\u202eelpmaxe.knab",
      "<https://evil.example/ https://evil.example/>\u202eelpmaxe.knab",
    ],
    ["[x](javascript:alert(1))", "[x](javascript:alert(1))"],
    ["data:text/html,x javascript:x", "data:text/html,x javascript:x"],
    ["<b>no</b>", "<b>no</b>"],
    ["mailto:a@b.example", "<mailto:a@b.example mailto:a@b.example>"],
  ])("reads %j", (line, wanted) => {
    const [block] = blocksOf(line);
    if (block?.kind !== "lines") throw new Error(`${line} is a ${block?.kind}`);
    expect(block.lines.map(shown)).toEqual([wanted]);
  });
});

it("reads blocks", () => {
  const kinds = (source: string) => blocksOf(source).map(({ kind }) => kind);
  expect(kinds("a\nb\n> q\n> r\n- x\n- y\n3. z\n```js\n- c\n```\nend")).toEqual([
    "lines",
    "quote",
    "list",
    "list",
    "code",
    "lines",
  ]);
  expect(blocksOf("```\na\n\n  b\n```")).toEqual([{ kind: "code", text: "a\n\n  b" }]);
  expect(kinds("```\nnever closed")).toEqual(["lines"]);
  expect(kinds("a\r\n> q\r- x\u2028```\u2029c\u0085```\vend\f1. y")).toEqual([
    "lines",
    "quote",
    "list",
    "code",
    "lines",
    "list",
  ]);
});

it.each(["🔥", "❤️", "👩\u200d🚀 👍🏽", "🇫🇷", "1️⃣"])("shows %j large", (text) =>
  expect(isEmojiOnly(text)).toBe(true),
);
it.each(["1", "a🔥", "", "#", "🔥".repeat(9)])("does not show %j large", (text) =>
  expect(isEmojiOnly(text)).toBe(false),
);

const PIECES = ["*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "1. ", "[", "](", ")", " "];
const WORDS = ["https://a.example/", "javascript:", "mailto:a@b.c", "<img src=x>", "word", "é𠀀"];

function links(inlines: Inline[]): string[] {
  return inlines.flatMap((it) => {
    if (it.kind === "link") return [it.href];
    return "inside" in it ? links(it.inside) : [];
  });
}

function linesOf(block: Block): Inline[][] {
  if (block.kind === "code") return [];
  return block.kind === "list" ? block.items : block.lines;
}

it("never throws, never links elsewhere than http, https and mailto", () => {
  const all = [...PIECES, ...WORDS];
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return all[(state >>> 8) % all.length];
  };
  for (let run = 0; run < 5_000; run += 1) {
    const source = Array.from({ length: 30 }, next).join("");
    for (const href of blocksOf(source).flatMap(linesOf).flatMap(links))
      expect(href, source).toMatch(/^(https?:\/\/|mailto:)/);
  }
});

/** How many characters are looked at in searches while `read` runs: time would tell of the machine. */
function charactersSearched(read: () => void): number {
  const { indexOf, startsWith } = String.prototype;
  const { exec } = RegExp.prototype;
  let searched = 0;
  vi.spyOn(String.prototype, "indexOf").mockImplementation(function (this: string, part, from = 0) {
    const found = indexOf.call(this, part, from);
    searched += (found === -1 ? this.length : found) - from + 1;
    return found;
  });
  vi.spyOn(String.prototype, "startsWith").mockImplementation(function (this: string, part, from) {
    searched += part.length;
    return startsWith.call(this, part, from);
  });
  vi.spyOn(RegExp.prototype, "exec").mockImplementation(function (this: RegExp, text) {
    const found = exec.call(this, text);
    searched += 1 + (found?.[0].length ?? 0);
    return found;
  });
  read();
  vi.restoreAllMocks();
  return searched;
}

it.each(["*a", "**a ", "_a", "`", "[a](", "~~a", "```\n", "> ", "https://", "*a_b~~"])(
  "reads each of 20,000 characters of %j only a few times",
  (piece) => {
    const source = piece.repeat(20_000 / piece.length);
    expect(charactersSearched(() => blocksOf(source))).toBeLessThan(10 * source.length);
  },
);
