// Prints how large the parts of the page's source are, and fails when one is over its limit.
//
//     node scripts/figures.mjs [folder]      the folder is src when none is given

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";
import { PAGE, weightKb } from "./page.mjs";

const LIMITS = { functionLines: 60, modulesInCycles: 0, filesInFolder: 17 };

const folder = process.argv[2] ?? "src";
const files = readdirSync(folder, { recursive: true })
  .map((name) => join(folder, String(name)))
  .filter((name) => /\.(tsx?|css)$/.test(name) && !/\.test\.tsx?$/.test(name));
const modules = files.filter((name) => !name.endsWith(".css")).map(read);

report("longest function, code lines", LIMITS.functionLines, longestFunction());
report("modules in import cycles", LIMITS.modulesInCycles, modulesInCycles());
report("widest folder, files", LIMITS.filesInFolder, widestFolder());
console.log(`first-load JavaScript, kB: ${firstLoadKb()}`);

function report(what, limit, { size, where }) {
  const isOver = size > limit;
  console.log(`${what}: ${size} of ${limit}${isOver ? " NOT OK" : ""}${where && ` (${where})`}`);
  if (isOver) process.exitCode = 1;
}

function read(name) {
  const source = readFileSync(name, "utf-8");
  const { program, comments, errors } = parseSync(name, source);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0].message}`);
  return { name, code: withoutComments(source, comments), nodes: [...nodesIn(program)] };
}

/** Each comment becomes blanks, so that every other character stays where it was. */
function withoutComments(source, comments) {
  let code = source;
  for (const { start, end } of comments)
    code = code.slice(0, start) + source.slice(start, end).replace(/\S/g, " ") + code.slice(end);
  return code;
}

function* nodesIn(node) {
  yield node;
  for (const child of Object.values(node).flat())
    if (typeof child?.type === "string") yield* nodesIn(child);
}

/** Functions inside one count as part of it. */
function longestFunction() {
  const sizes = modules.flatMap(({ name, code, nodes }) =>
    nodes
      .filter(({ type }) =>
        /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type),
      )
      .map(({ start, end }) => ({
        size: codeLines(code.slice(start, end)),
        where: `${name}:${code.slice(0, start).split("\n").length}`,
      })),
  );
  return largest(sizes);
}

function codeLines(code) {
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

/** Types count: who reads one module of a cycle has to read them all. */
function modulesInCycles() {
  const imports = new Map(modules.map((module) => [module.name, importsOf(module)]));
  const inCycles = [...imports.keys()].filter((name) => reachableFrom(name, imports).has(name));
  return { size: inCycles.length, where: inCycles.join(", ") };
}

function importsOf({ name, nodes }) {
  return nodes
    .map(({ source }) => source?.value)
    .filter((target) => typeof target === "string" && target.startsWith("."))
    .map((target) => normalize(join(dirname(name), target)))
    .flatMap((target) => [target, `${target}.ts`, `${target}.tsx`]);
}

function reachableFrom(start, imports) {
  const reached = new Set();
  const next = [...imports.get(start)];
  while (next.length > 0) {
    const name = next.pop();
    if (reached.has(name) || !imports.has(name)) continue;
    reached.add(name);
    next.push(...imports.get(name));
  }
  return reached;
}

function widestFolder() {
  const sizes = new Map();
  for (const name of files) sizes.set(dirname(name), (sizes.get(dirname(name)) ?? 0) + 1);
  return largest([...sizes].map(([where, size]) => ({ size, where })));
}

function largest(sizes) {
  return sizes.reduce((most, it) => (it.size > most.size ? it : most), { size: 0, where: "" });
}

/** The scripts that index.html names; the others load when they are needed. */
function firstLoadKb() {
  const index = join(PAGE, "index.html");
  if (!existsSync(index)) return "the page is not built";
  const scripts = readFileSync(index, "utf-8").matchAll(/(?:src|href)="([^"]+\.js)"/g);
  return [...scripts].reduce((sum, [, name]) => sum + weightKb(join(PAGE, name)), 0).toFixed(1);
}
