import { generate } from "lean-qr";
import { expect, it } from "vitest";
import { qrPath } from "./qrPath";

it("draws a run of dark modules as one rectangle", () => {
  const rows = ["##.", "...", "#.#"];
  const get = (x: number, y: number) => rows[y]?.[x] === "#";
  expect(qrPath({ size: 3, get })).toBe("M0 0h2v1h-2zM0 2h1v1h-1zM2 2h1v1h-1z");
});

it("draws a whole code, corners first", () => {
  expect(qrPath(generate("https://chat.example/#device=abc"))).toMatch(/^M0 0h7v1h-7z/);
});
