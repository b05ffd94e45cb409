import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeSession } from "../testing/fakeSession";
import { keep, keepHere, kept, keptHere } from "./storage";

let sessions: Record<string, Storage>;

beforeEach(() => {
  localStorage.clear();
  sessions = {};
  inTab("one");
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Go to a tab; each has a session of its own, and a reload keeps it. */
function inTab(name: string) {
  sessions[name] ??= fakeSession();
  vi.stubGlobal("sessionStorage", sessions[name]);
}

describe("what a tab keeps for itself", () => {
  it("is its own when another tab keeps something else", () => {
    keepHere("name", "Ada");
    inTab("other");
    keepHere("name", "Bo");
    inTab("one");
    expect(keptHere("name")).toBe("Ada");
  });

  it("is what a new tab begins with, the last of it", () => {
    keepHere("name", "Ada");
    inTab("other");
    expect(keptHere("name")).toBe("Ada");
    keepHere("name", "Bo");
    inTab("third");
    expect(keptHere("name")).toBe("Bo");
  });

  it("does not come back from another tab when it is forgotten here", () => {
    keepHere("draft", "mine");
    inTab("other");
    keepHere("draft", "other");
    inTab("one");
    keepHere("draft", null);
    expect(keptHere("draft")).toBeNull();
    inTab("other");
    expect(keptHere("draft")).toBe("other");
    inTab("third");
    expect(keptHere("draft")).toBe("other");
  });

  it("leaves alone what another kept since, when it forgets what it only began with", () => {
    keepHere("draft", "mine");
    inTab("other");
    expect(keptHere("draft")).toBe("mine");
    inTab("one");
    keepHere("draft", "mine, and more");
    inTab("other");
    keepHere("draft", null);
    inTab("third");
    expect(keptHere("draft")).toBe("mine, and more");
  });

  it("is forgotten for the next tab too when nobody kept anything else", () => {
    keepHere("draft", "mine");
    keepHere("draft", null);
    inTab("next");
    expect(keptHere("draft")).toBeNull();
  });
});

it("tells every tab what the device keeps", () => {
  keep("theme", "dark");
  inTab("other");
  expect(kept("theme")).toBe("dark");
  keep("theme", null);
  expect(kept("theme")).toBeNull();
});

it("lasts as long as the page where the browser keeps nothing", () => {
  vi.stubGlobal("localStorage", undefined);
  vi.stubGlobal("sessionStorage", undefined);
  keepHere("draft", "half");
  keep("theme", "dark");
  expect([keptHere("draft"), kept("theme")]).toEqual(["half", "dark"]);
  keepHere("draft", null);
  keep("theme", null);
  expect([keptHere("draft"), kept("theme")]).toEqual([null, null]);
});
