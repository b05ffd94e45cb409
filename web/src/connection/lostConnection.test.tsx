// @vitest-environment happy-dom
import { act } from "react";
import { describe, expect, it } from "vitest";
import { helloFrame, messageFrame } from "../testing/fakeNetwork";
import {
  button,
  enter,
  find,
  leave,
  log,
  network,
  openBeforeEach,
  pass,
  platform,
  say,
  says,
} from "../testing/openedPage";

openBeforeEach();

describe("a lost connection", () => {
  it("is announced only after five seconds, then with a visible countdown", async () => {
    await enter();
    await act(async () => network.socket.drops());
    await pass(1_900);
    expect(find(".me").textContent).toContain("Connected");
    await pass(1_200);
    expect(find(".me").textContent).toContain("Reconnecting");
    await act(async () => network.socket.drops());
    await pass(2_000);
    expect(find(".net [role=status]").textContent).toBe("Connection lost. Your messages are kept.");
    expect(find(".net span[aria-hidden]").textContent).toMatch(/Trying again in \d s\./);
    expect(button("Retry now")).toBeTruthy();
  });

  it.each([
    ["accepts", () => {}],
    ["greets", () => network.socket.says(helloFrame())],
  ])("stays announced while a server %s and drops at once", async (_, greet) => {
    await enter();
    const shown: (string | undefined)[] = [];
    const look = () => shown.push(find<HTMLElement>(".net").dataset.shown);
    await act(async () => network.socket.drops());
    for (let second = 0; second < 120; second += 1) {
      await pass(1_000);
      look();
      if (network.openSockets.length === 0) continue;
      await act(async () => network.socket.opens());
      await act(async () => greet());
      look();
      await pass(100);
      look();
      await act(async () => network.socket.drops());
    }
    expect(network.sockets.length).toBeGreaterThan(5);
    expect(shown.indexOf("true")).toBeLessThan(12);
    expect(shown.lastIndexOf("false")).toBeLessThan(shown.indexOf("true"));
  });

  it("keeps what I write and sends it on return, after filling the gap", async () => {
    await enter("one");
    await act(async () => network.socket.drops());
    await say("while away");
    await act(async () => dispatchEvent(new Event("online")));
    await act(async () => network.socket.opens());

    const [hello] = network.socket.asked("hello");
    expect(hello?.resume).toEqual({ general: { epoch: "e1", after: 1, messageId: "m1" } });
    const missed = { type: "resumed", room: "general", epoch: "e1", from: 1, to: 2 };
    const events = [messageFrame(2, "two")];
    await says(helloFrame({ resumed: [{ ...missed, events, more: false, reset: false }] }));
    expect(log()).toContain("two");
    expect(network.socket.asked("sendMessage")).toMatchObject([{ message: "while away" }]);
  });

  it("is final when the server says so: its reason is shown, with a button to join again", async () => {
    await enter();
    await says({ type: "closing", reason: "You were here for a day.", again: false });
    expect(find(".net").textContent).toContain("You were here for a day.");
    await act(async () => button("Join again").click());
    expect(network.sockets).toHaveLength(2);
  });
});

it("does not scroll a reader near the end when the connection is lost", async () => {
  await enter("Hello");
  const log = find<HTMLElement>(".log");
  Object.defineProperty(log, "scrollHeight", { value: 5_000 });
  Object.defineProperty(log, "clientHeight", { value: 500 });
  await say("This draws the log at its new size");
  await act(async () => {
    log.scrollTop = 4_440;
    log.dispatchEvent(new Event("scroll"));
  });
  await act(async () => network.socket.drops());
  await pass(6_000);
  expect(find<HTMLElement>(".net").dataset.shown).toBe("true");
  expect(log.scrollTop).toBe(4_440);
});

describe("what a crashed tab left unsent", () => {
  async function leaveBehind(nonce: string) {
    const entry = { nonce, text: `left as ${nonce}`, writtenAt: 1, name: "waiting" };
    await platform
      .storage()
      .database.put(`outbox/Ada/general/${nonce}`, { draft: entry, tab: "crashed" });
  }

  it("is sent by an open tab, soon or when the computer is online again", async () => {
    await enter("Hello");
    await leaveBehind("n1");
    await pass(30_000);
    expect(network.socket.asked("sendMessage")).toMatchObject([{ nonce: "n1" }]);
    const ack = { type: "ack", id: "n1", nonce: "n1", messageId: "m2", room: "general", seq: 2 };
    await says({ ...ack, timestamp: "2026-11-22T10:02:00.000Z", duplicate: false });
    expect(await platform.storage().database.entries("outbox/")).toEqual([]);

    await leaveBehind("n2");
    await act(async () => dispatchEvent(new Event("online")));
    await pass(0);
    expect(network.socket.asked("sendMessage")).toMatchObject([{ nonce: "n1" }, { nonce: "n2" }]);
  });

  it("is no longer looked for after leaving the room", async () => {
    await enter("Hello");
    await leave();
    await leaveBehind("n1");
    await pass(60_000);
    expect(await platform.storage().database.get("outbox/Ada/general/n1")).toMatchObject({
      tab: "crashed",
    });
  });

  it("does not scroll a reader further up", async () => {
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
