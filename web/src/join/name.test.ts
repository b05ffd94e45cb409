import { describe, expect, it } from "vitest";
import { joined, mixed, stray, strayForServer, unmixed } from "../../../tests/vectors/names.json";
import { STRINGS } from "../strings";
import { checkName } from "./name";

const WRONG = STRINGS.badName;

describe("a name", () => {
  it.each([
    ["Ada Kestrel", "Ada Kestrel"],
    ["  Bo ", "Bo"],
    ["\u001cBo\u0085", "Bo"],
    ["Zoe\u0308", "Zoë"],
    ["Łukasz_1", "Łukasz_1"],
    ["Groß", "Groß"],
    ["Þóra Ægisdóttir", "Þóra Ægisdóttir"],
    ["Nguyễn Thị Ệ", "Nguyễn Thị Ệ"],
    ["Ọláwálé", "Ọláwálé"],
    ["𝐀𝐁", "𝐀𝐁"],
    ["Ａｄａ", "Ａｄａ"],
    ["Ада-2", "Ада-2"],
    ["Ћирило", "Ћирило"],
    ["Σωκράτης", "Σωκράτης"],
    ["Աննա", "Աննա"],
    ["ნინო", "ნინო"],
    ["דָּוִד", "דָּוִד"],
    ["محمد ٣", "محمد ٣"],
    ["گلناز", "گلناز"],
    ["ޢާއިޝާ", "ޢާއިޝާ"],
    ["አበበ", "አበበ"],
    ["प्रिया", "प्रिया"],
    ["অনিমা", "অনিমা"],
    ["ਗੁਰਪ੍ਰੀਤ", "ਗੁਰਪ੍ਰੀਤ"],
    ["કિરણ", "કિરણ"],
    ["ମାଧବୀ", "ମାଧବୀ"],
    ["செல்வி", "செல்வி"],
    ["లక్ష్మి", "లక్ష్మి"],
    ["ಕಾವ್ಯ", "ಕಾವ್ಯ"],
    ["ലക്ഷ്മി", "ലക്ഷ്മി"],
    ["නිමල්", "නිමල්"],
    ["น้ำผึ้ง ๆ", "น้ำผึ้ง ๆ"],
    ["ບຸນມີ", "ບຸນມີ"],
    ["ကျော်", "ကျော်"],
    ["မြို့", "မြို့"],
    ["សុខា", "សុខា"],
    ["བསོད་ནམས".replace("་", " "), "བསོད ནམས"],
    ["山田たろうタロウ", "山田たろうタロウ"],
    ["佐々木ラー", "佐々木ラー"],
    ["ㄅㄆ王", "ㄅㄆ王"],
    ["김 철수", "김 철수"],
    ["金철수", "金철수"],
    ["ᏣᎳᎩ", "ᏣᎳᎩ"],
    ["ᱥᱟᱱᱛᱟᱲᱤ", "ᱥᱟᱱᱛᱟᱲᱤ"],
    ["ⴰⵎⴰⵣⵉⵖ", "ⴰⵎⴰⵣⵉⵖ"],
    ["x".repeat(20), "x".repeat(20)],
    ["𠀀".repeat(20), "𠀀".repeat(20)],
  ])("may be %j", (written, name) => {
    expect(checkName(written)).toEqual({ ok: true, name });
  });

  it.each([
    ["", WRONG.tooShort(2)],
    ["A", WRONG.tooShort(2)],
    ["  A  ", WRONG.tooShort(2)],
    ["x".repeat(21), WRONG.tooLong(20)],
    ["𠀀".repeat(21), WRONG.tooLong(20)],
    ["<b>Ada</b>", WRONG.characters],
    ["a.b", WRONG.characters],
    ["O'Neill", WRONG.characters],
    ["ada@home", WRONG.characters],
    ["👋👋", WRONG.characters],
    ["Ada\nK", WRONG.characters],
    ["Ada\u0000K", WRONG.characters],
    ["Ada\u200bK", WRONG.characters],
    ["Ada\u202eK", WRONG.characters],
    ["A\ud800", WRONG.characters],
    ["-- __", WRONG.noLetter],
    ["\u0301\u0301", WRONG.noLetter],
    ["Ada  K", WRONG.spaces],
    ["\u0301Ada", WRONG.marks],
    ["Ada \u0301Bo", WRONG.marks],
    [`A${"\u0301\u0302\u0323\u0324".repeat(2)}da`, WRONG.marks],
    ["Аda", WRONG.scripts],
    ["Adα", WRONG.scripts],
    ["ひらㄅ", WRONG.scripts],
    ["김たろ", WRONG.scripts],
  ])("may not be %j", (written, problem) => {
    expect(checkName(written)).toEqual({ ok: false, problem });
  });

  it.each([...Object.values(joined), ...mixed])(
    "may be %j, as the server's tests say too",
    (name) => {
      expect(checkName(name)).toEqual({ ok: true, name: name.normalize("NFC") });
    },
  );

  it.each(Object.entries(stray))("may have no joiner %s", (_, name) => {
    expect(checkName(name)).toEqual({ ok: false, problem: WRONG.characters });
  });

  it.each(unmixed)("may not be %j, of two languages", (name) => {
    expect(checkName(name)).toEqual({ ok: false, problem: WRONG.scripts });
  });

  it.each(Object.entries(strayForServer))("is left to the server: a joiner %s", (_, name) => {
    expect(checkName(name).ok).toBe(true);
  });

  it("may have characters that are not in this browser's Unicode: the server may know them", () => {
    const neverAssigned = "\u{2ffff}";
    expect(checkName(neverAssigned.repeat(2)).ok).toBe(true);
  });
});
