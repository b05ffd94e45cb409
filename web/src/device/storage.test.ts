// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeSession } from "../testing/fakeSession";
import { readDevice, readTab, storageKey, writeDevice, writeTab } from "./storage";

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

describe("what a tab stores for itself", () => {
  it("is not changed by another tab", () => {
    writeTab("name", "Ada");
    inTab("other");
    writeTab("name", "Bo");
    inTab("one");
    expect(readTab("name")).toBe("Ada");
  });

  it("is what a new tab starts with: the newest value", () => {
    writeTab("name", "Ada");
    inTab("other");
    expect(readTab("name")).toBe("Ada");
    writeTab("name", "Bo");
    inTab("third");
    expect(readTab("name")).toBe("Bo");
  });

  it("does not come back from another tab after it is removed here", () => {
    writeTab("draft", "mine");
    inTab("other");
    writeTab("draft", "other");
    inTab("one");
    writeTab("draft", null);
    expect(readTab("draft")).toBeNull();
    inTab("other");
    expect(readTab("draft")).toBe("other");
    inTab("third");
    expect(readTab("draft")).toBe("other");
  });

  it("is removed here without removing what another tab stored since", () => {
    writeTab("draft", "mine");
    inTab("other");
    expect(readTab("draft")).toBe("mine");
    inTab("one");
    writeTab("draft", "mine, and more");
    inTab("other");
    writeTab("draft", null);
    inTab("third");
    expect(readTab("draft")).toBe("mine, and more");
  });

  it("is removed for the next tab too when no tab stored anything else", () => {
    writeTab("draft", "mine");
    writeTab("draft", null);
    inTab("next");
    expect(readTab("draft")).toBeNull();
  });
});

it("gives every tab what the device stores", () => {
  writeDevice("theme", "dark");
  inTab("other");
  expect(readDevice("theme")).toBe("dark");
  writeDevice("theme", null);
  expect(readDevice("theme")).toBeNull();
});

it("lasts as long as the page where the browser stores nothing", () => {
  vi.stubGlobal("localStorage", undefined);
  vi.stubGlobal("sessionStorage", undefined);
  writeTab("draft", "half");
  writeDevice("theme", "dark");
  expect([readTab("draft"), readDevice("theme")]).toEqual(["half", "dark"]);
  writeTab("draft", null);
  writeDevice("theme", null);
  expect([readTab("draft"), readDevice("theme")]).toEqual([null, null]);
});

describe("two chats of one origin, behind two paths", () => {
  afterEach(() => history.replaceState(null, "", "/"));

  it("share nothing, whichever file of the page is open", () => {
    history.replaceState(null, "", "/one/");
    writeDevice("invite", "of one");
    writeTab("name", "Ada");
    history.replaceState(null, "", "/two/");
    expect([readDevice("invite"), readTab("name")]).toEqual([null, null]);
    history.replaceState(null, "", "/one/index.html?a=1#b");
    expect([readDevice("invite"), readTab("name")]).toEqual(["of one", "Ada"]);
  });

  it("share nothing with the one at the root, whose names stay as they were", () => {
    history.replaceState(null, "", "/one/");
    expect(storageKey("name")).toBe("fireside/one.name");
    history.replaceState(null, "", "/");
    expect(storageKey("name")).toBe("fireside.name");
  });
});
