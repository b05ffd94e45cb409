import { act, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "./App";
import type { Home } from "./chat";
import { fakeSession } from "./testing/fakeSession";
import { FakeWorld, fakeHome, helloFrame, messageFrame, pageFrame } from "./testing/fakeWorld";

let world: FakeWorld;
let home: Home;
let root: Root;
let page: HTMLElement;

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.useFakeTimers();
  localStorage.clear();
  sessionStorage.clear();
  world = new FakeWorld();
  home = fakeHome(world);
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
  await act(async () =>
    root.render(
      <StrictMode>
        <App home={home} />
      </StrictMode>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function find<Found extends Element>(selector: string): Found {
  const found = page.querySelector<Found>(selector);
  if (!found) throw new Error(`No ${selector} in ${page.textContent}`);
  return found;
}

function button(name: string): HTMLButtonElement {
  const all = [...page.querySelectorAll("button")];
  const found = all.find((it) => (it.getAttribute("aria-label") ?? it.textContent)?.includes(name));
  if (!found) throw new Error(`No button "${name}" in ${page.textContent}`);
  return found;
}

async function type(selector: string, text: string) {
  const field = find<HTMLInputElement | HTMLTextAreaElement>(selector);
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value") ?? {};
  await act(async () => {
    set?.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function press(selector: string, key: KeyboardEventInit) {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key });
  await act(async () => find(selector).dispatchEvent(event));
}

async function submit() {
  const event = new Event("submit", { bubbles: true, cancelable: true });
  await act(async () => find("form").dispatchEvent(event));
  await pass(0);
}

async function pass(ms: number) {
  await act(async () => vi.advanceTimersByTimeAsync(ms));
}

async function says(...frames: object[]) {
  await act(async () => {
    for (const frame of frames) world.socket.says(frame);
  });
}

async function join(name = "Ada") {
  await type("input", name);
  await submit();
}

async function enter(...texts: string[]) {
  await join();
  await act(async () => world.socket.opens());
  await says(helloFrame(), pageFrame(texts));
}

async function leave() {
  await act(async () => button("Settings").click());
  await act(async () => vi.dynamicImportSettled());
  await act(async () => button("Change name").click());
}

async function say(text: string) {
  await type("textarea", text);
  await press("textarea", { key: "Enter", keyCode: 13 });
}

const log = () => find(".log").textContent;

describe("the door", () => {
  it("names what is wrong with a name and opens nothing", async () => {
    await join("<b>");
    expect(find("[role=alert]").textContent).toContain("letters, digits");
    expect(find("input").getAttribute("aria-invalid")).toBe("true");
    expect(world.sockets).toEqual([]);
  });

  it("opens exactly one socket in strict mode", async () => {
    await join("  Ada  K ".replace("  K", " K"));
    expect(world.sockets.map(({ url }) => new URL(url).search)).toEqual(["?username=Ada%20K"]);
  });

  it.each([
    [true, "did not let you in"],
    [false, "does not answer"],
  ])("tells refused from away (alive: %s) and keeps the name", async (alive, words) => {
    world.alive = alive;
    await join();
    await act(async () => world.socket.drops());
    expect(find("[role=alert]").textContent).toContain(words);
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
    await submit();
    expect(world.sockets).toHaveLength(2);
  });

  it("leaves exactly one socket open after a change of name, in strict mode", async () => {
    await enter();
    await leave();
    await join("Grace");
    await act(async () => world.socket.opens());
    await says(helloFrame(), pageFrame([]));
    expect(world.openSockets.map(({ url }) => url.split("=")[1])).toEqual(["Grace"]);
    expect(world.sockets).toHaveLength(2);
  });

  it("remembers the name", async () => {
    await enter();
    await leave();
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
    expect(world.openSockets).toEqual([]);
  });
});

describe("the room", () => {
  it("shows what was said, as text", async () => {
    await enter("Hello", "<img src=x onerror=alert(1)>");
    expect(log()).toContain("<img src=x onerror=alert(1)>");
    expect(page.querySelector(".log img")).toBeNull();
  });

  it("shows my words at once, and once when they are acknowledged and pushed", async () => {
    await enter("Hello");
    await say("Hi there");
    expect(log()).toContain("Hi there");
    expect(log()).toContain("Sending");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");

    const [sent] = world.socket.asked("sendMessage");
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
    expect(world.socket.asked("sendMessage")).toEqual([]);
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
    const [sent] = world.socket.asked("sendMessage");
    const refusal = { code: "forbidden", message: "Not here.", retryable: false };
    await says({ type: "error", id: sent?.id, ...refusal });
    expect(log()).toContain("Not delivered. Not here.");

    await act(async () => button("Try again").click());
    expect(world.socket.asked("sendMessage")).toHaveLength(2);
    await says({ type: "error", id: sent?.id, ...refusal });
    await act(async () => button("Edit").click());
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("bad words");
    expect(log()).not.toContain("bad words");
  });

  it("loads earlier messages on request", async () => {
    await enter();
    await leave();
    await join();
    await act(async () => world.socket.opens());
    const late = [messageFrame(9, "late")];
    await says(helloFrame(), pageFrame([], { messages: late, prev: 9 }));

    await act(async () => button("earlier").click());
    expect(world.socket.asked("getHistory").at(-1)).toMatchObject({ before: 9 });
    await says(pageFrame(["early"], { id: "older-9" }));
    expect(log()).toContain("early");
  });
});

async function reload() {
  await act(async () => root.unmount());
  root = createRoot(page);
  await act(async () => root.render(<App home={home} />));
  await pass(0);
}

/** Go to a tab and load its page; what a tab keeps for itself outlives that. */
async function goTo(tab: Storage) {
  vi.stubGlobal("sessionStorage", tab);
  await reload();
}

describe("the help key", () => {
  const dialog = () => page.querySelector("dialog")?.textContent ?? null;

  it.each([
    ["Ctrl", { ctrlKey: true }],
    ["⌘", { metaKey: true }],
  ])("is / with %s, also while one writes", async (_, modifier) => {
    await enter();
    await press("textarea", { key: "/", ...modifier });
    await act(async () => vi.dynamicImportSettled());
    expect(dialog()).toContain("These keys");
  });

  it.each([
    ["?", {}],
    ["/", {}],
    ["/", { ctrlKey: true, altKey: true }], // AltGr, with which some keyboards write
  ])("is not %s with %j", async (key, modifiers) => {
    await enter();
    await press(".log", { key, ...modifiers });
    await act(async () => vi.dynamicImportSettled());
    expect(dialog()).toBeNull();
  });

  it("leaves an open dialog alone", async () => {
    await enter();
    await act(async () => button("Settings").click());
    await act(async () => vi.dynamicImportSettled());
    await press("dialog", { key: "/", ctrlKey: true });
    await act(async () => vi.dynamicImportSettled());
    expect(dialog()).toContain("Theme");
  });
});

describe("the page loaded again", () => {
  it("comes back inside, with what was seen, half written and still to be sent", async () => {
    await enter("Hello");
    await pass(1_100);
    await act(async () => world.socket.drops());
    await say("while away");
    await type("textarea", "half");
    await reload();

    expect(log()).toContain("Hello");
    expect(log()).toContain("while away");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("half");

    await act(async () => world.socket.opens());
    const resumed = { type: "resumed", room: "general", epoch: "e1", from: 1, to: 1 };
    await says(helloFrame({ resumed: [{ ...resumed, events: [], more: false, reset: false }] }));
    expect(world.socket.asked("sendMessage")).toMatchObject([{ message: "while away" }]);
    expect(world.openSockets).toHaveLength(1);
  });

  it("stays at the door after leaving through it", async () => {
    await enter();
    await leave();
    await reload();
    expect(page.querySelector("input")).toBeTruthy();
    expect(world.openSockets).toEqual([]);
  });
});

describe("two tabs of one browser", () => {
  const [one, other] = [fakeSession(), fakeSession()];
  const field = () => find<HTMLTextAreaElement>("textarea").value;
  const who = () => find(".me b").textContent;

  beforeEach(async () => {
    one.clear();
    other.clear();
    await goTo(one);
  });

  it("come back each under the name it had", async () => {
    await enter();
    await goTo(other);
    await leave();
    await join("Bo");
    await act(async () => world.socket.opens());
    await goTo(one);
    expect(who()).toBe("Ada");
    await goTo(other);
    expect(who()).toBe("Bo");
  });

  it("stay outside or inside as each left", async () => {
    await enter();
    await goTo(other);
    await leave();
    await goTo(one);
    expect(who()).toBe("Ada");
    await goTo(other);
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
  });

  it("remember for the next tab who came in last, not who was at the door", async () => {
    await enter();
    await goTo(other);
    await leave();
    await type("input", "Bo");
    world.alive = false;
    await submit();
    await goTo(one);
    await act(async () => world.socket.opens());
    await goTo(fakeSession());
    expect(who()).toBe("Ada");
  });

  it("keep a draft each, under one name", async () => {
    await enter();
    await type("textarea", "in one");
    await goTo(other);
    expect(field()).toBe("in one");
    await type("textarea", "in the other");
    await goTo(one);
    expect(field()).toBe("in one");
    await type("textarea", "");
    await goTo(other);
    expect(field()).toBe("in the other");
    await goTo(one);
    expect(field()).toBe("");
  });
});

describe("what a crashed tab left unsent", () => {
  async function leaveBehind(nonce: string) {
    const draft = { nonce, text: `left as ${nonce}`, writtenAt: 1, name: "waiting" };
    await home.device.put(`outbox/Ada/general/${nonce}`, { draft, tab: "crashed" });
  }

  it("is sent by a tab that stands open, soon or when the machine is online again", async () => {
    await enter("Hello");
    await leaveBehind("n1");
    await pass(30_000);
    expect(world.socket.asked("sendMessage")).toMatchObject([{ nonce: "n1" }]);
    const ack = { type: "ack", id: "n1", nonce: "n1", messageId: "m2", room: "general", seq: 2 };
    await says({ ...ack, timestamp: "2026-11-22T10:02:00.000Z", duplicate: false });
    expect(await home.device.all("outbox/")).toEqual([]);

    await leaveBehind("n2");
    await act(async () => dispatchEvent(new Event("online")));
    await pass(0);
    expect(world.socket.asked("sendMessage")).toMatchObject([{ nonce: "n1" }, { nonce: "n2" }]);
  });

  it("is looked for no longer than one is in the room", async () => {
    await enter("Hello");
    await leave();
    await leaveBehind("n1");
    await pass(60_000);
    expect(await home.device.get("outbox/Ada/general/n1")).toMatchObject({ tab: "crashed" });
  });

  it("does not move who reads further up", async () => {
    await enter("Hello");
    const log = find<HTMLElement>(".log");
    Object.defineProperty(log, "scrollHeight", { value: 5_000 });
    Object.defineProperty(log, "clientHeight", { value: 500 });
    await act(async () => {
      log.scrollTop = 2_000;
      log.dispatchEvent(new Event("scroll"));
    });
    await leaveBehind("n1");
    await pass(30_000);
    expect(log.textContent).toContain("left as n1");
    expect(log.scrollTop).toBe(2_000);
    await say("and this is mine");
    expect(log.scrollTop).toBeGreaterThan(2_000);
  });
});

describe("a lost line", () => {
  it("is not spoken of before five seconds, then with a countdown for the eye", async () => {
    await enter();
    await act(async () => world.socket.drops());
    await pass(1_900);
    expect(find(".me").textContent).toContain("Connected");
    await pass(1_200);
    expect(find(".me").textContent).toContain("Reconnecting");
    await act(async () => world.socket.drops());
    await pass(2_000);
    expect(find(".net [role=status]").textContent).toBe("Connection lost. Your messages are kept.");
    expect(find(".net span[aria-hidden]").textContent).toMatch(/Trying again in \d s\./);
    expect(button("Retry now")).toBeTruthy();
  });

  it.each([
    ["accepts", () => {}],
    ["greets", () => world.socket.says(helloFrame())],
  ])("is spoken of all the time when a server %s and drops at once", async (_, greet) => {
    await enter();
    const shown: (string | undefined)[] = [];
    const look = () => shown.push(find<HTMLElement>(".net").dataset.shown);
    await act(async () => world.socket.drops());
    for (let second = 0; second < 120; second += 1) {
      await pass(1_000);
      look();
      if (world.openSockets.length === 0) continue;
      await act(async () => world.socket.opens());
      await act(async () => greet());
      look();
      await pass(100);
      look();
      await act(async () => world.socket.drops());
    }
    expect(world.sockets.length).toBeGreaterThan(5);
    expect(shown.indexOf("true")).toBeLessThan(12);
    expect(shown.lastIndexOf("false")).toBeLessThan(shown.indexOf("true"));
  });

  it("keeps what I write and sends it on return, after filling the gap", async () => {
    await enter("one");
    await act(async () => world.socket.drops());
    await say("while away");
    await act(async () => dispatchEvent(new Event("online")));
    await act(async () => world.socket.opens());

    const [hello] = world.socket.asked("hello");
    expect(hello?.resume).toEqual({ general: { epoch: "e1", after: 1 } });
    const missed = { type: "resumed", room: "general", epoch: "e1", from: 1, to: 2 };
    const events = [messageFrame(2, "two")];
    await says(helloFrame({ resumed: [{ ...missed, events, more: false, reset: false }] }));
    expect(log()).toContain("two");
    expect(world.socket.asked("sendMessage")).toMatchObject([{ message: "while away" }]);
  });

  it("is final when the server says so, in its words, with one way back", async () => {
    await enter();
    await says({ type: "closing", reason: "You were here for a day.", again: false });
    expect(find(".net").textContent).toContain("You were here for a day.");
    await act(async () => button("Join again").click());
    expect(world.sockets).toHaveLength(2);
  });
});

describe("the details of the connection", () => {
  it("say how far the log is whole, and count bad frames while they are open", async () => {
    await enter();
    await act(async () => button("Connection details").click());
    await act(async () => vi.dynamicImportSettled());
    const told = () => find("dialog").textContent;
    expect(told()).toContain("Messagesnone yet");
    expect(told()).toContain("0 frames skipped");

    await says(messageFrame(1, "one"));
    expect(told()).toContain("complete to #1Still");
    await says(messageFrame(3, "three"));
    expect(told()).toContain("complete to #1, fetching up to #3");
    await says(messageFrame(2, "two"));
    expect(told()).toContain("complete to #3Still");

    await act(async () => world.socket.says("nonsense"));
    expect(told()).toContain("1 frame skipped");
    await act(async () => world.socket.says("nonsense"));
    expect(told()).toContain("2 frames skipped");
  });

  it("write large numbers so that they can be read", async () => {
    await enter();
    await leave();
    await join();
    await act(async () => world.socket.opens());
    const messages = [messageFrame(1_234, "late")];
    await says(helloFrame(), pageFrame([], { messages, prev: 1_234 }));
    await act(async () => button("Connection details").click());
    await act(async () => vi.dynamicImportSettled());
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

  it("hears a sentence again when it is said again", async () => {
    await enter("old");
    await says(messageFrame(2, "yes"));
    await pass(1_000);
    const before = find("main > .sr[role=status] > span");
    await says(messageFrame(3, "yes"));
    await pass(1_000);
    expect(announced()).toBe("Bob: yes");
    expect(page.contains(before)).toBe(false);
  });

  it("hears what is said in a log that began anew, but not the log itself", async () => {
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

  it("does not hear my own words, and the log itself is silent", async () => {
    await enter();
    await says(messageFrame(1, "mine", { userId: "ada", username: "Ada" }));
    await pass(2_000);
    expect(announced()).toBe("");
    expect(find("[role=log]").getAttribute("aria-live")).toBe("off");
  });
});
