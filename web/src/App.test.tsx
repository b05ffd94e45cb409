// @vitest-environment happy-dom
import { act } from "react";
import { beforeEach, describe, expect, it } from "vitest";
import { helloFrame, pageFrame, userNamed } from "./testing/fakeNetwork";
import { fakeSession } from "./testing/fakeSession";
import {
  enter,
  find,
  goTo,
  join,
  leave,
  log,
  network,
  openBeforeEach,
  page,
  pass,
  reload,
  say,
  says,
  submit,
  type,
} from "./testing/openedPage";

openBeforeEach();

describe("the join form", () => {
  it("shows what is wrong with a name and opens no socket", async () => {
    await join("<b>");
    expect(find("[role=alert]").textContent).toContain("letters, digits");
    expect(find("input").getAttribute("aria-invalid")).toBe("true");
    expect(network.sockets).toEqual([]);
  });

  it("opens exactly one socket in strict mode", async () => {
    await join("  Ada  K ".replace("  K", " K"));
    expect(network.sockets.map(({ url }) => new URL(url).search)).toEqual(["?username=Ada%20K"]);
  });

  it.each([
    [true, "did not let you in"],
    [false, "does not answer"],
  ])("tells refused from unreachable (alive: %s) and keeps the name", async (alive, words) => {
    network.isUp = alive;
    await join();
    await act(async () => network.socket.drops());
    expect(find("[role=alert]").textContent).toContain(words);
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
    await submit();
    expect(network.sockets).toHaveLength(2);
  });

  it("leaves exactly one socket open after a change of name, in strict mode", async () => {
    await enter();
    await leave();
    await join("Grace");
    await act(async () => network.socket.opens());
    await says(helloFrame(), pageFrame([]));
    expect(network.openSockets.map(({ url }) => url.split("=")[1])).toEqual(["Grace"]);
    expect(network.sockets).toHaveLength(2);
  });

  it("remembers the name", async () => {
    await enter();
    await leave();
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
    expect(network.openSockets).toEqual([]);
  });
});

describe("a reloaded page", () => {
  it("returns to the room with its messages, the draft and the unsent messages", async () => {
    await enter("Hello");
    await pass(1_100);
    await act(async () => network.socket.drops());
    await say("while away");
    await type("textarea", "half");
    await reload();

    expect(log()).toContain("Hello");
    expect(log()).toContain("while away");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("half");

    await act(async () => network.socket.opens());
    const resumed = { type: "resumed", room: "general", epoch: "e1", from: 1, to: 1 };
    await says(helloFrame({ resumed: [{ ...resumed, events: [], more: false, reset: false }] }));
    expect(network.socket.asked("sendMessage")).toMatchObject([{ message: "while away" }]);
    expect(network.openSockets).toHaveLength(1);
  });

  it("shows the join form after the user has left", async () => {
    await enter();
    await leave();
    await reload();
    expect(page.querySelector("input")).toBeTruthy();
    expect(network.openSockets).toEqual([]);
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

  it("each return under their own name", async () => {
    await enter();
    await goTo(other);
    await leave();
    await join("Bo");
    await act(async () => network.socket.opens());
    await says(helloFrame({ user: userNamed("Bo") }));
    await goTo(one);
    expect(who()).toBe("Ada");
    await goTo(other);
    expect(who()).toBe("Bo");
  });

  it("each return to the room or to the join form", async () => {
    await enter();
    await goTo(other);
    await leave();
    await goTo(one);
    expect(who()).toBe("Ada");
    await goTo(other);
    expect(find<HTMLInputElement>("input").value).toBe("Ada");
  });

  it("give a new tab the name that joined last, not one that did not join", async () => {
    await enter();
    await goTo(other);
    await leave();
    await type("input", "Bo");
    network.isUp = false;
    await submit();
    await goTo(one);
    await act(async () => network.socket.opens());
    await goTo(fakeSession());
    expect(who()).toBe("Ada");
  });

  it("give a new tab no name that never joined, even if another tab has joined", async () => {
    await enter();
    await goTo(other);
    await leave();
    await goTo(one);
    await act(async () => network.socket.opens());
    await goTo(other);
    await type("input", "Bo");
    network.isUp = false;
    await submit();
    network.isUp = true;
    await goTo(fakeSession());
    expect(who()).toBe("Ada");
  });

  it("keep a draft each, even under the same name", async () => {
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
