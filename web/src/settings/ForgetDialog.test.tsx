// @vitest-environment happy-dom
import { act } from "react";
import { describe, expect, it } from "vitest";
import {
  button,
  enter,
  find,
  join,
  leave,
  network,
  openBeforeEach,
  page,
  pass,
  platform,
  say,
} from "../testing/openedPage";

openBeforeEach();

async function ask() {
  await act(async () => button("Settings").click());
  await act(async () => button("Forget this device").click());
  await pass(0);
}

const asked = () => [...page.querySelectorAll("dialog")].at(-1)?.textContent;

it("says what goes, counts what is unsent, and forgets only when that is confirmed", async () => {
  await enter();
  await act(async () => network.socket.drops());
  await say("one");
  await say("two");
  await pass(0);
  await ask();
  expect(asked()).toMatch(/name, the invite, drafts, unsent messages, settings/);
  expect(asked()).toContain("2 messages are not sent yet");
  expect(platform.forget).not.toHaveBeenCalled();

  await act(async () => button("Forget everything here").click());
  expect(platform.forget).toHaveBeenCalledOnce();
  expect(find("h1").textContent).toBe("Pull up a chair");
  expect(network.openSockets).toEqual([]);
});

it("speaks of no unsent message where there is none, and goes back to the settings", async () => {
  await enter();
  await ask();
  expect(asked()).not.toContain("not sent yet");
  await act(async () => button("Cancel").click());
  expect(page.querySelectorAll("dialog")).toHaveLength(1);
  expect(platform.forget).not.toHaveBeenCalled();
});

it("happens in every tab of the browser", async () => {
  await enter();
  const other = (key: string, newValue: string | null) =>
    act(async () => void dispatchEvent(new StorageEvent("storage", { key, newValue })));
  await other("fireside.name", "Bob");
  await other("fireside.theme", null);
  expect(platform.forget).not.toHaveBeenCalled();
  await other("fireside.name", null);
  expect(platform.forget).toHaveBeenCalledOnce();
  expect(find("h1").textContent).toBe("Pull up a chair");
});

describe("at the door", () => {
  const offers = () => page.textContent?.includes("Forget this device");

  it("is offered to one who left, and counts what is unsent", async () => {
    await enter();
    await act(async () => network.socket.drops());
    await say("one");
    await pass(0);
    await leave();
    expect(find("h1").textContent).toBe("Pull up a chair");

    await act(async () => button("Forget this device").click());
    await pass(0);
    expect(asked()).toContain("1 message is not sent yet");
    await act(async () => button("Forget everything here").click());
    expect(platform.forget).toHaveBeenCalledOnce();
    expect(page.querySelector("dialog")).toBeNull();
  });

  it("is offered to one who was refused", async () => {
    await join();
    await act(async () => network.socket.drops());
    expect(find("[role=alert]").textContent).toContain("did not let you in");
    expect(offers()).toBe(true);
  });

  it("is offered where an invite is kept, and not where nothing is", async () => {
    expect(offers()).toBe(false);
    history.replaceState(null, "", "/#invite=AbCdEfGhIjKlMnOpQrSt_-");
    await act(async () => dispatchEvent(new Event("hashchange")));
    expect(offers()).toBe(true);
  });
});
