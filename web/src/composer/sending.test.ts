import { expect, it } from "vitest";
import { isSendKey } from "./sending";

const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };

it("sends on Enter, breaks the line on Shift+Enter", () => {
  expect(isSendKey(enter, false)).toBe(true);
  expect(isSendKey({ ...enter, shiftKey: true }, false)).toBe(false);
  expect(isSendKey({ ...enter, key: "a" }, false)).toBe(false);
});

it("breaks the line on Enter where there is only a touch keyboard", () => {
  expect(isSendKey(enter, true)).toBe(false);
});

it("does not send the Enter that confirms a composition: keydown first, as in Chrome", () => {
  expect(isSendKey({ ...enter, isComposing: true, keyCode: 229 }, false)).toBe(false);
});

it("does not send the Enter that confirms a composition: compositionend first, as in Safari", () => {
  expect(isSendKey({ ...enter, isComposing: false, keyCode: 229 }, false)).toBe(false);
});
