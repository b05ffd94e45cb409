import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkName } from "./name";

describe("a name", () => {
  it.each([
    ["Ada Kestrel", "Ada Kestrel"],
    ["  Bo ", "Bo"],
    ["Zoe\u0308", "Zoë"],
    ["Łukasz_1", "Łukasz_1"],
    ["山田たろうタロウ", "山田たろうタロウ"],
    ["김 철수", "김 철수"],
    ["प्रिया", "प्रिया"],
    ["محمد ٣", "محمد ٣"],
    ["Ада-2", "Ада-2"],
    ["𝐀𝐁", "𝐀𝐁"],
    ["佐々木ラー", "佐々木ラー"],
    ["น้ำผึ้ง ๆ", "น้ำผึ้ง ๆ"],
    ["Nguyễn Thị Ệ", "Nguyễn Thị Ệ"],
    ["ကျော်", "ကျော်"],
    ["မြို့", "မြို့"],
    ["ᱥᱟᱱᱛᱟᱲᱤ", "ᱥᱟᱱᱛᱟᱲᱤ"],
    ["Groß", "Groß"],
    ["x".repeat(20), "x".repeat(20)],
  ])("may be %j", (written, name) => {
    expect(checkName(written)).toEqual({ ok: true, name });
  });

  it.each([
    "",
    "A",
    "  A  ",
    "x".repeat(21),
    "𠀀".repeat(21),
    "<b>Ada</b>",
    "a.b",
    "Ada\u200bK",
    "Ada\u202eK",
    "Ada\ufe0f",
    "ㅤㅤ",
    "👋👋",
    "Ada  K",
    "-- __",
    "\u0301\u0301",
    "Аda",
    "Adα",
    "Ada ٣",
    "たろうan",
    "ひらㄅ",
    "Ada\nK",
    "Ada\u0000",
    "A\ud800",
    "\u0301Ada",
    "Ada \u0301Bo",
    "ﾞアダ",
    `A${"\u0301\u0302\u0323\u0324".repeat(2)}da`,
    "aǃb",
    "ʹAda",
    "Adaʼ",
    "Kʻaren",
    "ᴀdmin",
    "ʀoot",
    "Adaʰ",
    "محـمد",
    "ﷺﷺ",
    "Ada\u2de0",
  ])("may not be %j", (written) => {
    expect(checkName(written).ok).toBe(false);
  });

  it("is counted as the server counts, in code points", () => {
    expect(checkName("𠀀".repeat(20)).ok).toBe(true);
  });
});

it("is judged as the server judges it, character by character", () => {
  const judged = JSON.parse(readFileSync("../tests/vectors/names.json", "utf8"));
  const other = judged.filter(([written, clean]: [string, string | null]) => {
    const check = checkName(written);
    return (check.ok ? check.name : null) !== clean;
  });
  expect(judged.length).toBeGreaterThan(1_000);
  expect(other).toEqual([]);
});
