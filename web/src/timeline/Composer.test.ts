import { expect, it } from "vitest";
import { meansSend } from "./Composer";

const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };

it("sends on Enter, breaks the line on Shift+Enter", () => {
  expect(meansSend(enter, false)).toBe(true);
  expect(meansSend({ ...enter, shiftKey: true }, false)).toBe(false);
  expect(meansSend({ ...enter, key: "a" }, false)).toBe(false);
});

it("breaks the line on Enter where there is only a touch keyboard", () => {
  expect(meansSend(enter, true)).toBe(false);
});

it("does not send the Enter that confirms a composition: keydown first, as in Chrome", () => {
  expect(meansSend({ ...enter, isComposing: true, keyCode: 229 }, false)).toBe(false);
});

it("does not send the Enter that confirms a composition: compositionend first, as in Safari", () => {
  expect(meansSend({ ...enter, isComposing: false, keyCode: 229 }, false)).toBe(false);
});
