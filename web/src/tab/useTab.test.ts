// @vitest-environment happy-dom
import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { changeSettings } from "../settings/settings";
import { messageFrame } from "../testing/fakeNetwork";
import { emptyTimeline, type Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";
import { useTab } from "./useTab";

let root: Root;
let notes: FakeNotification[];
/** The seq of the last notification of any tab. */
let notified: number;

class FakeNotification {
  onclick: (() => void) | null = null;
  close = vi.fn();
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    notes.push(this);
  }
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("Notification", FakeNotification);
  vi.useFakeTimers();
  notes = [];
  notified = 0;
  document.head.innerHTML = '<link rel="icon" href="./favicon.svg">';
  document.title = "Fireside";
  root = createRoot(document.createElement("div"));
  changeSettings({ notify: true });
  lookAway(true);
});

afterEach(async () => {
  await act(async () => root.unmount());
  changeSettings({ notify: false });
  document.head.innerHTML = "";
  lookAway(false);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function lookAway(hidden: boolean) {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
}

async function claimNotification(seq: number) {
  const isFirst = seq > notified;
  notified = Math.max(notified, seq);
  return isFirst;
}

function Tab({ timeline, unread }: { timeline: Timeline; unread: number }) {
  useTab(timeline, unread, claimNotification);
  return null;
}

async function show(messages: MessageFrame[], unread: number, more: Partial<Timeline> = {}) {
  await showNow(messages, unread, more);
  await act(() => vi.advanceTimersByTimeAsync(1_000));
}

/** Without the moment after which a notification is shown. */
async function showNow(messages: MessageFrame[], unread: number, more: Partial<Timeline> = {}) {
  const me = { userId: "ada", username: "Ada", claimed: true, role: "member" } as const;
  const timeline = { ...emptyTimeline("general"), me, epoch: "e1", messages, ...more };
  await act(async () => root.render(createElement(Tab, { timeline, unread })));
}

const said = (seq: number, text: string, more: object = {}) =>
  messageFrame(seq, text, more) as MessageFrame;
const bodies = () => notes.map(({ options }) => options.body);
const icon = () => document.querySelector("link[rel=icon]")?.getAttribute("href");

describe("the title and the icon", () => {
  it("show the room, and count unread messages", async () => {
    await show([], 0);
    expect([document.title, icon()]).toEqual(["#general · Fireside", "./favicon.svg"]);
    await show([], 3);
    expect([document.title, icon()]).toEqual(["(3) #general · Fireside", "./favicon-unread.svg"]);
    await show([], 100);
    expect(document.title).toBe("(99+) #general · Fireside");
    await show([], 0);
    expect([document.title, icon()]).toEqual(["#general · Fireside", "./favicon.svg"]);
  });

  it("are the page's own again on the join form", async () => {
    await show([], 3);
    await act(async () => root.render(null));
    expect([document.title, icon()]).toEqual(["Fireside", "./favicon.svg"]);
  });
});

describe("a notification", () => {
  it("shows the author and the text, once, and a click focuses the page", async () => {
    const focus = vi.spyOn(window, "focus");
    await show([said(1, "old")], 1);
    await show([said(1, "old"), said(2, "fresh")], 2);
    await show([said(1, "old"), said(2, "fresh")], 2, { known: 3 });
    expect(notes).toMatchObject([
      { title: "Bob in #general", options: { body: "fresh", tag: "general" } },
    ]);

    notes[0]?.onclick?.();
    expect(focus).toHaveBeenCalled();
    expect(notes[0]?.close).toHaveBeenCalled();
  });

  it("is not shown for messages that were there when the room opened or its log was replaced", async () => {
    await show([said(8, "old")], 1);
    await show([said(9, "other log")], 1, { epoch: "e2" });
    expect(bodies()).toEqual([]);
    await show([said(9, "other log"), said(10, "fresh")], 2, { epoch: "e2" });
    expect(bodies()).toEqual(["fresh"]);
  });

  it("is shown for a replaced log whose seqs are lower", async () => {
    await show([said(50, "old")], 1);
    await show([said(1, "first")], 1, { epoch: "e2" });
    await show([said(1, "first"), said(2, "fresh")], 2, { epoch: "e2" });
    expect(bodies()).toEqual(["fresh"]);
  });

  it.each([
    ["I look", () => lookAway(false), 1, {}],
    ["they are switched off", () => changeSettings({ notify: false }), 1, {}],
    ["it is read already", () => {}, 0, {}],
    ["I said it myself elsewhere", () => {}, 1, { userId: "ada" }],
  ])("is not shown when %s", async (_, given, unread, by) => {
    given();
    await show([said(1, "old")], 0);
    await show([said(1, "old"), said(2, "fresh", by)], unread);
    expect(bodies()).toEqual([]);
  });

  it("is shown although I answered elsewhere after it, as long as that is not read", async () => {
    await show([said(1, "old")], 0);
    await show([said(1, "old"), said(2, "fresh"), said(3, "mine", { userId: "ada" })], 1);
    expect(bodies()).toEqual(["fresh"]);
  });

  it("is shown for the first message of a room", async () => {
    await show([], 0);
    await show([said(1, "first")], 1);
    expect(bodies()).toEqual(["first"]);
  });

  it("is not silent when it takes the place of an older one", async () => {
    await show([said(1, "old")], 0);
    await show([said(1, "old"), said(2, "fresh")], 1);
    await show([said(2, "fresh"), said(3, "fresher")], 2);
    expect(notes).toMatchObject([
      { options: { body: "fresh", renotify: true } },
      { options: { body: "fresher", renotify: true } },
    ]);
  });

  it("is one for what comes at once, and does not wait for a silence", async () => {
    await show([said(1, "old")], 0);
    await showNow([said(2, "fresh")], 1);
    await act(() => vi.advanceTimersByTimeAsync(900));
    await showNow([said(2, "fresh"), said(3, "fresher")], 2);
    expect(bodies()).toEqual([]);
    await act(() => vi.advanceTimersByTimeAsync(100));
    expect(bodies()).toEqual(["fresher"]);
  });

  it.each([
    ["another tab shows it meanwhile", () => showNow([said(1, "old"), said(2, "fresh")], 0)],
    ["I come back meanwhile", async () => lookAway(false)],
    ["another tab has notified of it", async () => void claimNotification(2)],
    ["I leave the room meanwhile", () => act(async () => root.render(null))],
  ])("is not shown when %s", async (_, meanwhile) => {
    await show([said(1, "old")], 0);
    await showNow([said(1, "old"), said(2, "fresh")], 1);
    await meanwhile();
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(bodies()).toEqual([]);
  });

  it("is closed when it is read, here or in another tab", async () => {
    await show([said(1, "old")], 0);
    await show([said(1, "old"), said(2, "fresh")], 1);
    expect(notes[0]?.close).not.toHaveBeenCalled();
    await show([said(1, "old"), said(2, "fresh")], 0);
    expect(notes[0]?.close).toHaveBeenCalled();
  });

  it("does no harm where the browser forbids it", async () => {
    vi.stubGlobal("Notification", () => {
      throw new TypeError("Illegal constructor");
    });
    await show([said(1, "old")], 0);
    await show([said(1, "old"), said(2, "fresh")], 1);
    expect(document.title).toBe("(1) #general · Fireside");
  });
});
