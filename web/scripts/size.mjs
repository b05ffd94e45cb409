// Prints what a first visit downloads, compressed, and fails when a budget is broken.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PAGE, weightKb } from "./page.mjs";

const BUDGETS_KB = { js: 110, css: 12, woff2: 21 };

function filesOf(kind) {
  const names = readdirSync(PAGE, { recursive: true }).map(String);
  return names.filter((name) => name.endsWith(`.${kind}`)).map((name) => join(PAGE, name));
}

for (const [kind, budget] of Object.entries(BUDGETS_KB)) {
  const total = filesOf(kind).reduce((sum, path) => sum + weightKb(path), 0);
  const verdict = total > 0 && total <= budget ? "ok" : "NOT OK";
  console.log(`${kind.padEnd(6)} ${total.toFixed(1).padStart(6)} kB of ${budget} kB  ${verdict}`);
  if (verdict !== "ok") process.exitCode = 1;
}
