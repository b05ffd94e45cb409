import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const HEAD = readFileSync("index.html", "utf-8")
  .match(/<meta\s+name="theme-color"[^>]*>/g)
  ?.join("");
const BEFORE_FIRST_PAINT = readFileSync("public/theme.js", "utf-8");
const PAPER = "#faf7f2";
const EMBERS = "#191614";

let prefersDark = false;

beforeEach(() => {
  vi.resetModules();
  localStorage.clear();
  document.head.innerHTML = HEAD ?? "";
  delete document.documentElement.dataset.theme;
});

afterEach(() => {
  document.head.innerHTML = "";
});

const page = async () => import("./settings");

/** What the browser paints its bars with. */
function bars(): string | undefined {
  const metas = [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")];
  return metas.find((meta) => holds(meta.getAttribute("media")))?.content;
}

function holds(media: string | null): boolean {
  if (media === "all") return true;
  return media === `(prefers-color-scheme: ${prefersDark ? "dark" : "light"})`;
}

/** Load the page again, up to its first paint. */
function firstPaint() {
  document.head.innerHTML = HEAD ?? "";
  delete document.documentElement.dataset.theme;
  new Function(BEFORE_FIRST_PAINT)();
}

describe.each([
  ["light", false, PAPER],
  ["dark", true, EMBERS],
])("on a %s system", (_, dark, systems) => {
  beforeEach(() => {
    prefersDark = dark;
  });

  it.each([
    ["system", undefined, systems],
    ["light", "light", PAPER],
    ["dark", "dark", EMBERS],
  ] as const)(
    "%s is shown in the page and around it, at once and next time",
    async (theme, shown, colour) => {
      const { choose } = await page();
      for (const before of ["dark", "light", "system"] as const) {
        choose({ theme: before });
        choose({ theme });
        expect(document.documentElement.dataset.theme).toBe(shown);
        expect(bars()).toBe(colour);
      }

      firstPaint();
      expect(document.documentElement.dataset.theme).toBe(shown);
      expect(bars()).toBe(colour);
    },
  );
});

it("has the colours of the tokens", () => {
  const tokens = readFileSync("src/styles/tokens.css", "utf-8");
  expect(tokens).toContain(`--bg: light-dark(${PAPER}, ${EMBERS});`);
});

it("keeps what was chosen, and leaves the rest as it was", async () => {
  const { choose } = await page();
  choose({ enterBreaks: true });
  choose({ theme: "dark" });
  vi.resetModules();
  const { settingsNow } = await page();
  expect(settingsNow()).toEqual({ theme: "dark", enterBreaks: true, notify: false });
});

it("takes nonsense that was kept for the system's theme", async () => {
  localStorage.setItem("fireside.theme", "neon");
  firstPaint();
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect((await page()).settingsNow().theme).toBe("system");
});
