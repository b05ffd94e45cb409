// The built page: where it is, and what its files weigh.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const PAGE = fileURLToPath(new URL("../../src/fireside/web/", import.meta.url));

/** Compressed as it goes over the network. Fonts are compressed already: theirs is the size on disk. */
export function weightKb(path) {
  const bytes = readFileSync(path);
  return (path.endsWith(".woff2") ? bytes.length : gzipSync(bytes).length) / 1000;
}
