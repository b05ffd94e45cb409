// @vitest-environment node
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "figures-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function figuresOf(files) {
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  const { status, stdout } = spawnSync(process.execPath, ["scripts/figures.mjs", folder], {
    encoding: "utf-8",
  });
  return { status, stdout };
}

const lines = (count) => "  count();\n".repeat(count);

it("passes what is within the limits, and counts neither comments nor blank lines nor tests", () => {
  const files = { "a.test.ts": `function long() {\n${lines(90)}}`, "b.css": "" };
  files["a.ts"] = `function long() {\n${lines(58)}\n  // why\n  /* and\n     why */\n\n}\n`;
  const { status, stdout } = figuresOf(files);
  expect(stdout).toContain(`longest function, code lines: 60 of 60 (${join(folder, "a.ts")}:1)`);
  expect(stdout).toContain("modules in import cycles: 0 of 0");
  expect(stdout).toContain(`widest folder, files: 2 of 17 (${folder})`);
  expect(status).toBe(0);
});

it.each([
  ["a long function", { "a.ts": `\nconst long = () => {\n${lines(59)}};` }, "61 of 60 NOT OK"],
  [
    "a cycle, also of types alone and over more than two",
    {
      "a.ts": 'import type { B } from "./in/b";',
      "in/b.tsx": 'export * from "../c";',
      "c.ts": 'const a = await import("./a");',
      "d.ts": 'import "./a";',
    },
    "modules in import cycles: 3 of 0 NOT OK",
  ],
  [
    "a wide folder",
    Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`in/m${index}.ts`, ""])),
    "widest folder, files: 18 of 17 NOT OK",
  ],
])("fails on %s", (_, files, said) => {
  const { status, stdout } = figuresOf(files);
  expect(stdout).toContain(said);
  expect(status).toBe(1);
});
