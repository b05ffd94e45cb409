import { expect, it } from "vitest";
import { controls, empty, texts } from "../../../tests/vectors/texts.json";
import { cleanText, hasVisibleText } from "./text";

it.each(["hi", ".", "🔥", "👩\u200d🚀", "❤️", "1️⃣", "🏳️\u200d🌈", "नि", "\u200b\u200b!"])(
  "accepts %j as text",
  (text) => expect(hasVisibleText(text)).toBe(true),
);

it.each([
  "",
  " \n",
  "\u200b",
  "\u0000\u001b",
  "\u2060\u00a0",
  "\u0301\ufe0f",
  "\u20dd",
  "\u2800",
  "ㅤ",
])("takes %j as empty", (text) => expect(hasVisibleText(text)).toBe(false));

it.each(texts)("sends %j as %j, as the server stores it", (text, stored) => {
  expect(cleanText(text ?? "")).toBe(stored);
  expect(hasVisibleText(stored ?? "")).toBe(true);
});

it.each(controls)("sends %j as %j: the server refuses control characters", (text, sent) =>
  expect(cleanText(text ?? "")).toBe(sent),
);

it.each(empty)("takes %j as empty, as the server does", (text) =>
  expect(hasVisibleText(cleanText(text))).toBe(false),
);

it("trims every space and control character, and no other", () => {
  for (let code = 0; code < 0x1_0000; code += 1) {
    const character = String.fromCharCode(code);
    const isBlank = /[\p{Cc}\p{Z}\ufeff]/u.test(character);
    expect(cleanText(`${character}a${character}`) === "a", `U+${code.toString(16)}`).toBe(isBlank);
  }
});
