// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { browserNetwork } from "./client";
import { fetchConfig, lastConfig, storeConfig } from "./config";
import { addressFor, subprotocols } from "./handshake";
import {
  inviteAccepted,
  inviteIn,
  inviteRefused,
  inviteToOffer,
  isInviteUnclear,
  storedInvite,
  storeInvite,
  takeInvite,
} from "./invite";

const SECRET = "AbCdEfGhIjKlMnOpQrSt_-";

/** What surrounds a link in which the secret is whole. */
const AROUND: ((link: string) => string)[] = [
  (link) => `${link}.`,
  (link) => `${link},`,
  (link) => `${link}!`,
  (link) => `(${link})`,
  (link) => `[${link}]`,
  (link) => `[the chat](${link})`,
  (link) => `<${link}>`,
  (link) => `“${link}”`,
  (link) => `"${link}"`,
  (link) => `'${link}'`,
  (link) => `**${link}**`,
  (link) => `_${link}_`,
  (link) => `<a href="${link}">the chat</a>`,
  (link) => `${link}&utm_source=mail&utm_medium=social`,
  (link) => `${link}?fbclid=IwAR0123456789abcdefghij`,
  (link) => link.replace("/#", "/?fbclid=IwAR0123456789abcdefghij#"),
  (link) => link.replace("#", "#utm_source=mail&"),
  (link) => link.replace("#", "#/"),
  (link) => `${link}#more`,
  (link) => `${link}。お待ちしています`,
  (link) => `Join us: ${link}, see you at 8!`,
  (link) => `Bob wrote:\n> ${link}\n-- \nBob`,
  (link) => `\u2068${link}\u2069`,
  (link) => `${link}\u200b`,
  (link) => link.replace("invite=AbC", "invite=\u00adAb\u200bC"),
  (link) => link.replace("#", "%23"),
  (link) => `https://safelinks.example/?url=${encodeURIComponent(link)}&data=05%7C02&reserved=0`,
  (link) => `https://a.example/?u=${encodeURIComponent(encodeURIComponent(link))}&x=1`,
  (link) => `https://urldefense.example/v3/__${link.replace("#", "*")}__;Iw!!ABC$`,
];

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
    [`${SECRET}.`],
    [`"${SECRET}"`],
    [`invite=${SECRET}`],
    ...AROUND.map((around) => [around(`https://chat.example/#invite=${SECRET}`)]),
  ])("is found in %j", (text) => {
    expect(inviteIn(text)).toBe(SECRET);
  });

  it.each([
    "",
    "short",
    `${SECRET} and more`,
    `https://chat.example/${SECRET}`,
    `https://chat.example/#composer`,
    `https://chat.example/#invite=${SECRET.slice(0, 21)}`,
    `https://chat.example/#invite=${SECRET.slice(0, 21)}. And ${SECRET}`,
    `https://chat.example/#uninvite=${SECRET}`,
    "100% of #invite=%ff",
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

  it.each([
    `#invite=${SECRET}.`,
    `#invite=${SECRET})`,
    `#invite=${SECRET}%22%3E`,
    `#invite=${SECRET}%E2%80%9D`,
    `#invite=${SECRET}&utm_source=mail`,
    `#invite=${SECRET}?fbclid=IwAR0123456789abcdefghij`,
    `#utm_source=mail&invite=${SECRET}`,
  ])("is taken out of the address %s", (hash) => {
    history.replaceState(null, "", `/${hash}`);
    expect(takeInvite()).toBe(true);
    expect(storedInvite()).toBe(SECRET);
    expect(location.href).not.toContain("#");
  });

  it("is neither stored nor removed from the address while it can't be understood", () => {
    for (const hash of ["#composer", `#${SECRET}`, "#invite=%20", "#invite=cut-off"]) {
      history.replaceState(null, "", `/${hash}`);
      expect(takeInvite()).toBe(false);
      expect(location.hash).toBe(hash);
      expect(isInviteUnclear()).toBe(hash.startsWith("#invite"));
      expect(storedInvite()).toBeNull();
    }
  });

  it("is removed from the address when another one takes its place", () => {
    history.replaceState(null, "", "/?look=dark#invite=cut-off");
    storeInvite(SECRET);
    expect(location.search + location.hash).toBe("?look=dark");
    expect(isInviteUnclear()).toBe(false);

    history.replaceState(null, "", "/#composer");
    storeInvite(SECRET);
    expect(location.hash).toBe("#composer");
  });

  it("is offered with the subprotocol, and no subprotocol is offered without it", () => {
    const opened = vi.fn(class {});
    vi.stubGlobal("WebSocket", opened);
    const open = () => browserNetwork.openSocket("ws://here/ws", subprotocols(inviteToOffer(), []));
    open();
    storeInvite(SECRET);
    open();
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
    expect(inviteToOffer()).toBe(SECRET);
    vi.unstubAllGlobals();
    storeInvite(SECRET); // storage works again: it is the truth from here on
    localStorage.clear();
    expect(storedInvite()).toBeNull();
  });
});

describe("a second invite", () => {
  const OTHER = "zzzzzzzzzzzzzzzzzzzzzz";

  beforeEach(() => {
    storeInvite(SECRET);
    storeInvite(OTHER);
  });

  it("is offered first, and replaces the first one when a hello came with it", () => {
    expect(inviteToOffer()).toBe(OTHER);
    inviteAccepted(OTHER);
    expect(storedInvite()).toBe(OTHER);
    expect(JSON.stringify({ ...localStorage })).not.toContain(SECRET);
  });

  /** It is refused, and a hello comes with the first one. */
  function fallBack() {
    expect(inviteToOffer()).toBe(OTHER);
    expect(inviteRefused(OTHER)).toBe(true);
    expect(inviteToOffer()).toBe(SECRET);
    inviteAccepted(SECRET);
  }

  it("is forgotten when it was refused twice and the first one was let in both times", () => {
    fallBack();
    fallBack();
    expect(storedInvite()).toBe(SECRET);
    expect(JSON.stringify({ ...localStorage })).not.toContain(OTHER);
  });

  it("outlives one refusal, which may have been of a full server, and serves when the first ends", () => {
    fallBack();
    inviteRefused(SECRET);
    expect(inviteToOffer()).toBe(OTHER);
    inviteAccepted(OTHER);
    expect(localStorage).toHaveLength(1);
  });

  it("is forgotten also when the page was loaded again between the two refusals", async () => {
    fallBack();
    vi.resetModules();
    const next = await import("./invite");
    next.inviteRefused(next.inviteToOffer());
    next.inviteAccepted(SECRET);
    expect(next.storedInvite()).toBe(SECRET);
  });

  it("may be refused once more after its link was opened again, and so may a third one", () => {
    fallBack();
    storeInvite(OTHER);
    fallBack();
    expect(inviteToOffer()).toBe(OTHER);
    const third = "yyyyyyyyyyyyyyyyyyyyyy";
    storeInvite(third);
    inviteRefused(third);
    inviteAccepted(SECRET);
    expect(inviteToOffer()).toBe(third);
  });

  it("takes turns with the first one while both are refused: a full server may refuse both", () => {
    inviteRefused(OTHER);
    expect(inviteRefused(SECRET)).toBe(false);
    expect(inviteToOffer()).toBe(OTHER);
  });

  it("is tried again when its link is opened again, and not when the first one's is", () => {
    inviteRefused(OTHER);
    storeInvite(OTHER);
    expect(inviteToOffer()).toBe(OTHER);
    storeInvite(SECRET);
    expect(inviteToOffer()).toBe(SECRET);
  });

  it("stays when a hello came with the first one before it was offered", () => {
    inviteAccepted(SECRET);
    expect(inviteToOffer()).toBe(OTHER);
  });
});

const OPEN = { socket: null, invite: "open", losesUpgrades: false, isProxyUnknown: false };

describe("the config of the page", () => {
  it.each([
    ["", OPEN],
    ["<!doctype html>", OPEN],
    ["null", OPEN],
    ['{"invite":"required"}', { ...OPEN, invite: "required" }],
    ['{"socket":"wss://a.example/ws"}', { ...OPEN, socket: "wss://a.example/ws" }],
    ['{"socket":"javascript:alert(1)"}', OPEN],
    ['{"socket":7,"invite":"maybe","upgrade":true}', OPEN],
    ['{"upgrade":"lost"}', { ...OPEN, losesUpgrades: true }],
    ['{"proxy":"unknown"}', { ...OPEN, isProxyUnknown: true }],
  ])("is read from %j", async (text, config) => {
    expect(await fetchConfig(async () => text)).toEqual(config);
  });

  it("is stored for the next visit, also when the server is unreachable then", async () => {
    const told = '{"socket":"wss://a.example/ws","invite":"required"}';
    expect((await fetchConfig(async () => told)).invite).toBe("required");
    storeConfig();
    vi.resetModules();
    const { fetchConfig: fetchNextTime } = await import("./config");
    expect((await fetchNextTime(async () => Promise.reject(new Error("away")))).invite).toBe(
      "required",
    );
    expect((await fetchConfig(async () => Promise.reject(new Error("away")))).invite).toBe(
      "required",
    );
    expect(lastConfig().socket).toBe("wss://a.example/ws");
    expect(addressFor("Ada K")).toBe("wss://a.example/ws?username=Ada%20K");
  });

  it("is not stored for one who only looks at the door", async () => {
    await fetchConfig(async () => '{"invite":"required"}');
    expect(localStorage).toHaveLength(0);
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
