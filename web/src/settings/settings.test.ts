// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { act, createElement } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Settings } from "./settings";

const HEAD = readFileSync("index.html", "utf-8")
  .match(/<meta\s+name="theme-color"[^>]*>/g)
  ?.join("");
const BEFORE_FIRST_PAINT = readFileSync("public/theme.js", "utf-8");
const PAPER = "#faf7f2";
const EMBERS = "#191614";

let prefersDark = false;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
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
      const { changeSettings } = await page();
      for (const before of ["dark", "light", "system"] as const) {
        changeSettings({ theme: before });
        changeSettings({ theme });
        expect(document.documentElement.dataset.theme).toBe(shown);
        expect(bars()).toBe(colour);
      }

      firstPaint();
      expect(document.documentElement.dataset.theme).toBe(shown);
      expect(bars()).toBe(colour);
    },
  );
});

it("has the same colours as tokens.css", () => {
  const tokens = readFileSync("src/styles/tokens.css", "utf-8");
  expect(tokens).toContain(`--bg: light-dark(${PAPER}, ${EMBERS});`);
});

it("keeps what was chosen, and leaves the rest as it was", async () => {
  const { changeSettings } = await page();
  changeSettings({ enterAddsLine: true });
  changeSettings({ theme: "dark" });
  vi.resetModules();
  const { currentSettings } = await page();
  expect(currentSettings()).toEqual({ theme: "dark", enterAddsLine: true, notify: false });
});

it("uses the system's theme when the stored one is unknown", async () => {
  localStorage.setItem("fireside.theme", "neon");
  firstPaint();
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect((await page()).currentSettings().theme).toBe("system");
});

it("paints with the theme that was chosen in the chat behind this path", () => {
  localStorage.setItem("fireside.theme", "light");
  localStorage.setItem("fireside/chat.theme", "dark");
  history.replaceState(null, "", "/chat/");
  onTestFinished(() => history.replaceState(null, "", "/"));
  firstPaint();
  expect(document.documentElement.dataset.theme).toBe("dark");
});

describe("another tab's choice", () => {
  /** What a browser does in every other tab when one writes. */
  function otherTab(key: string, value: string | null) {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    dispatchEvent(new StorageEvent("storage", { key, newValue: value }));
  }

  async function shown() {
    const { useSettingsOfOtherTabs, useSettings } = await page();
    const drawn: Settings[] = [];
    const Reader = () => {
      useSettingsOfOtherTabs();
      drawn.push(useSettings());
      return null;
    };
    const root = createRoot(document.createElement("div"));
    onTestFinished(() => act(() => root.unmount()));
    await act(async () => root.render(createElement(Reader)));
    return drawn;
  }

  it("applies here at once, to the page and the browser's bars", async () => {
    const drawn = await shown();
    await act(async () => otherTab("fireside.theme", "dark"));
    await act(async () => otherTab("fireside.enter", "breaks"));
    expect(drawn.at(-1)).toEqual({ theme: "dark", enterAddsLine: true, notify: false });
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(bars()).toBe(EMBERS);

    await act(async () => otherTab("fireside.theme", null));
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });

  it("renders nothing when it is not a setting", async () => {
    const drawn = await shown();
    await act(async () => otherTab("fireside.draft.Ada/general", "half"));
    expect(drawn).toHaveLength(1);
  });

  it("is reset when the storage is cleared", async () => {
    const { changeSettings } = await page();
    changeSettings({ theme: "dark" });
    const drawn = await shown();
    localStorage.clear();
    await act(async () => void dispatchEvent(new StorageEvent("storage", { key: null })));
    expect(drawn.at(-1)).toMatchObject({ theme: "system" });
  });
});
