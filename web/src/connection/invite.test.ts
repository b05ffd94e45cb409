import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressFor, browserNetwork } from "./client";
import { fetchConfig, lastConfig } from "./config";
import { inviteIn, storedInvite, storeInvite, subprotocols, takeInvite } from "./invite";

const SECRET = "AbCdEfGhIjKlMnOpQrSt_-";

beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/");
});

afterEach(() => vi.unstubAllGlobals());

describe("an invite", () => {
  it.each([
    [SECRET],
    [`  ${SECRET}\n`],
    [`https://chat.example/#invite=${SECRET}`],
    [`#invite=${SECRET}`],
  ])("is found in %j", (text) => {
    expect(inviteIn(text)).toBe(SECRET);
  });

  it.each([
    "",
    "short",
    `${SECRET} and more`,
    `https://chat.example/${SECRET}`,
    `#invite=${SECRET}&x=1`,
    `${SECRET}, fireside.v1`,
    "x".repeat(129),
  ])("is not found in %j", (text) => {
    expect(inviteIn(text)).toBeNull();
  });

  it("is removed from the address and stored", () => {
    history.replaceState(null, "", `/room?look=dark#invite=${SECRET}`);
    expect(takeInvite()).toBe(true);
    expect(location.pathname + location.search + location.hash).toBe("/room?look=dark");
    expect(storedInvite()).toBe(SECRET);
  });

  it("leaves another fragment alone, and removes a broken invite without storing it", () => {
    history.replaceState(null, "", "/#composer");
    expect(takeInvite()).toBe(false);
    expect(location.hash).toBe("#composer");

    history.replaceState(null, "", "/#invite=%20");
    expect(takeInvite()).toBe(false);
    expect(location.hash).toBe("");
    expect(storedInvite()).toBeNull();
  });

  it("is offered with the subprotocol, and no subprotocol is offered without it", () => {
    const opened = vi.fn(class {});
    vi.stubGlobal("WebSocket", opened);
    browserNetwork.openSocket("ws://here/ws");
    storeInvite(SECRET);
    browserNetwork.openSocket("ws://here/ws");
    expect(opened.mock.calls).toEqual([
      ["ws://here/ws", []],
      ["ws://here/ws", ["fireside.v1", `invite.${SECRET}`]],
    ]);
  });

  it("lasts one visit where storage is forbidden", () => {
    vi.stubGlobal("localStorage", {
      getItem: () => {
        throw new Error("forbidden");
      },
      setItem: () => {
        throw new Error("forbidden");
      },
      removeItem: () => {},
      clear: () => {},
    });
    storeInvite(SECRET);
    expect(subprotocols()).toContain(`invite.${SECRET}`);
    vi.unstubAllGlobals();
    storeInvite(SECRET); // storage works again: it is the truth from here on
    localStorage.clear();
    expect(storedInvite()).toBeNull();
  });
});

describe("the config of the page", () => {
  it.each([
    ["", { socket: null, invite: "open" }],
    ["<!doctype html>", { socket: null, invite: "open" }],
    ["null", { socket: null, invite: "open" }],
    ['{"invite":"required"}', { socket: null, invite: "required" }],
    ['{"socket":"wss://a.example/ws"}', { socket: "wss://a.example/ws", invite: "open" }],
    ['{"socket":"javascript:alert(1)"}', { socket: null, invite: "open" }],
    ['{"socket":7,"invite":"maybe"}', { socket: null, invite: "open" }],
  ])("is read from %j", async (text, config) => {
    expect(await fetchConfig(async () => text)).toEqual(config);
  });

  it("is stored for the next visit, also when the server is unreachable then", async () => {
    const told = '{"socket":"wss://a.example/ws","invite":"required"}';
    expect((await fetchConfig(async () => told)).invite).toBe("required");
    expect((await fetchConfig(async () => Promise.reject(new Error("away")))).invite).toBe(
      "required",
    );
    expect(lastConfig().socket).toBe("wss://a.example/ws");
    expect(addressFor("Ada K")).toBe("wss://a.example/ws?username=Ada%20K");
  });

  it.each([
    [200, true, '{"invite":"required"}'],
    [404, true, "{}"],
    [503, false, null],
  ])("shows by status %i whether the server is up", async (status, alive, told) => {
    const answer = () => new Response('{"invite":"required"}', { status });
    vi.stubGlobal("fetch", async () => answer());
    expect(await browserNetwork.isServerUp()).toBe(alive);
    if (told === null) await expect(browserNetwork.config()).rejects.toThrow("503");
    else expect(await browserNetwork.config()).toBe(told);
  });
});
