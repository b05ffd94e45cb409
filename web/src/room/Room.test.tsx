// @vitest-environment happy-dom
import { act } from "react";
import { describe, expect, it } from "vitest";
import { helloFrame, messageFrame, pageFrame } from "../testing/fakeNetwork";
import {
  button,
  enter,
  find,
  join,
  leave,
  log,
  network,
  openBeforeEach,
  page,
  pass,
  press,
  say,
  says,
  type,
} from "../testing/openedPage";

openBeforeEach();

describe("the room", () => {
  it("shows what was said, as text", async () => {
    await enter("Hello", "<img src=x onerror=alert(1)>");
    expect(log()).toContain("<img src=x onerror=alert(1)>");
    expect(page.querySelector(".log img")).toBeNull();
  });

  it("shows my message at once, and only once after its ack and its push", async () => {
    await enter("Hello");
    await say("Hi there");
    expect(log()).toContain("Hi there");
    expect(log()).toContain("Sending");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");

    const [sent] = network.socket.asked("sendMessage");
    const ids = { id: sent?.id, nonce: sent?.nonce, messageId: "m2", room: "general", seq: 2 };
    await says(
      { type: "ack", ...ids, timestamp: "2026-11-22T10:02:00.000Z", duplicate: false },
      messageFrame(2, "Hi there", { userId: "ada", username: "Ada", nonce: sent?.nonce }),
    );
    expect(log()?.split("Hi there")).toHaveLength(2);
    expect(log()).not.toContain("Sending");
  });

  it("keeps Shift+Enter and composing keys for the text", async () => {
    await enter();
    await type("textarea", "half");
    await press("textarea", { key: "Enter", keyCode: 13, shiftKey: true });
    await press("textarea", { key: "Enter", keyCode: 229 });
    expect(network.socket.asked("sendMessage")).toEqual([]);
  });

  it("counts code points near the limit, and does not send too much", async () => {
    await enter();
    await type("textarea", "𠀀".repeat(899));
    expect(find(".near").textContent).toBe("");
    await type("textarea", "𠀀".repeat(926));
    expect(find(".near").textContent).toBe("74 left");
    await type("textarea", "𠀀".repeat(1_003));
    expect(find(".near").textContent).toBe("3 too many");
    expect(button("Send").disabled).toBe(true);
  });

  it("lets a failed message be edited, tried again and deleted", async () => {
    await enter();
    await say("bad words");
    const [sent] = network.socket.asked("sendMessage");
    const refusal = { code: "forbidden", message: "Not here.", retryable: false };
    await says({ type: "error", id: sent?.id, ...refusal });
    expect(log()).toContain("Not delivered. Not here.");

    await act(async () => button("Try again").click());
    expect(network.socket.asked("sendMessage")).toHaveLength(2);
    await says({ type: "error", id: sent?.id, ...refusal });
    await act(async () => button("Edit").click());
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("bad words");
    expect(log()).not.toContain("bad words");
  });

  it("loads earlier messages on request", async () => {
    await enter();
    await leave();
    await join();
    await act(async () => network.socket.opens());
    const late = [messageFrame(9, "late")];
    await says(helloFrame(), pageFrame([], { messages: late, prev: 9 }));

    await act(async () => button("earlier").click());
    expect(network.socket.asked("getHistory").at(-1)).toMatchObject({ before: 9 });
    await says(pageFrame(["early"], { id: "older-9" }));
    expect(log()).toContain("early");
  });
});

describe("the help key", () => {
  const dialog = () => page.querySelector("dialog")?.textContent ?? null;

  it.each([
    ["Ctrl", { ctrlKey: true }],
    ["⌘", { metaKey: true }],
  ])("is / with %s, also in the message field", async (_, modifier) => {
    await enter();
    await press("textarea", { key: "/", ...modifier });
    expect(dialog()).toContain("These keys");
  });

  it.each([
    ["?", {}],
    ["/", {}],
    ["/", { ctrlKey: true, altKey: true }], // AltGr, with which some keyboards write
  ])("is not %s with %j", async (key, modifiers) => {
    await enter();
    await press(".log", { key, ...modifiers });
    expect(dialog()).toBeNull();
  });

  it("works before the close event of another dialog", async () => {
    await enter();
    await act(async () => button("Settings").click());
    const settings = find<HTMLDialogElement>("dialog");
    settings.removeAttribute("open");
    await act(async () => {
      dispatchEvent(new KeyboardEvent("keydown", { key: "/", ctrlKey: true }));
      settings.dispatchEvent(new Event("close"));
    });
    expect(dialog()).toContain("These keys");
  });

  it("leaves an open dialog alone", async () => {
    await enter();
    await act(async () => button("Settings").click());
    await press("dialog", { key: "/", ctrlKey: true });
    expect(dialog()).toContain("Theme");
  });
});

describe("the details of the connection", () => {
  it("show up to where no message is missing, and count bad frames while they are open", async () => {
    await enter();
    await act(async () => button("Connection details").click());
    const told = () => find("dialog").textContent;
    expect(told()).toContain("Messagesnone yet");
    expect(told()).toContain("0 frames skipped");

    await says(messageFrame(1, "one"));
    expect(told()).toContain("complete to #1Still");
    await says(messageFrame(3, "three"));
    expect(told()).toContain("complete to #1, fetching up to #3");
    await says(messageFrame(2, "two"));
    expect(told()).toContain("complete to #3Still");

    await act(async () => network.socket.says("nonsense"));
    expect(told()).toContain("1 frame skipped");
    await act(async () => network.socket.says("nonsense"));
    expect(told()).toContain("2 frames skipped");
  });

  it("group the digits of large numbers", async () => {
    await enter();
    await leave();
    await join();
    await act(async () => network.socket.opens());
    const messages = [messageFrame(1_234, "late")];
    await says(helloFrame(), pageFrame([], { messages, prev: 1_234 }));
    await act(async () => button("Connection details").click());
    expect(find("dialog").textContent).toContain("complete to #1,234");
  });
});

describe("a screen reader", () => {
  const announced = () => [...page.querySelectorAll("main > .sr[role=status]")].at(-1)?.textContent;

  it("hears what others say, at most once a second", async () => {
    await enter("old");
    await pass(2_000);
    expect(announced()).toBe("");

    await says(messageFrame(2, "fresh"));
    await pass(1_000);
    expect(announced()).toBe("Bob: fresh");

    await says(messageFrame(3, "a"), messageFrame(4, "b"));
    await pass(1_000);
    expect(announced()).toBe("2 new messages");
  });

  it("hears a repeated message again", async () => {
    await enter("old");
    await says(messageFrame(2, "yes"));
    await pass(1_000);
    const before = find("main > .sr[role=status] > span");
    await says(messageFrame(3, "yes"));
    await pass(1_000);
    expect(announced()).toBe("Bob: yes");
    expect(page.contains(before)).toBe(false);
  });

  it("hears new messages after the log was replaced, but not the log itself", async () => {
    await enter("one", "two", "three", "four");
    const range = { room: "general", epoch: "e2", from: 0, to: 1, more: false, reset: true };
    const events = [messageFrame(1, "restored")];
    await says({ type: "resumed", id: "resume", ...range, events });
    await pass(1_000);
    expect(announced()).toBe("");
    await says(messageFrame(2, "fresh"));
    await pass(1_000);
    expect(announced()).toBe("Bob: fresh");
  });

  it("does not hear my own messages, and the log itself is silent", async () => {
    await enter();
    await says(messageFrame(1, "mine", { userId: "ada", username: "Ada" }));
    await pass(2_000);
    expect(announced()).toBe("");
    expect(find("[role=log]").getAttribute("aria-live")).toBe("off");
  });
});
