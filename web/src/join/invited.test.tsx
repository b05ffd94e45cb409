// @vitest-environment happy-dom
import { act, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { App } from "../App";
import { storedInvite, storeInvite, takeInvite } from "../connection/invite";
import { FakeNetwork, fakePlatform, helloFrame } from "../testing/fakeNetwork";

const SECRET = "AbCdEfGhIjKlMnOpQrSt_-";
const OTHER = "zzzzzzzzzzzzzzzzzzzzzz";

let network: FakeNetwork;
let root: Root;
let page: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.useFakeTimers();
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
  network = new FakeNetwork();
  network.told = '{"invite":"required"}';
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const app = (
    <StrictMode>
      <App platform={fakePlatform(network)} />
    </StrictMode>
  );
  await act(async () => root.render(app));
}

const field = (id: string) => page.querySelector<HTMLInputElement>(`#${id}`);
const alerts = () =>
  [...page.querySelectorAll("[role=alert]")].map((it) => it.textContent).join("");

async function type(id: string, text: string) {
  const input = field(id);
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value") ?? {};
  await act(async () => {
    set?.call(input, text);
    input?.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function submit() {
  const event = new Event("submit", { bubbles: true, cancelable: true });
  await act(async () => page.querySelector("form")?.dispatchEvent(event));
  await act(async () => vi.advanceTimersByTimeAsync(0));
}

async function refuse() {
  await act(async () => network.socket.drops());
}

it("asks for an invite link where one is needed, and opens no socket without it", async () => {
  await open();
  expect(page.textContent).toContain("Ask its owner for the link");
  await type("name", "Ada");
  await submit();
  expect(alerts()).toContain("Paste your invite link first");
  expect(document.activeElement).toBe(field("invite"));

  await type("invite", "https://chat.example/");
  await submit();
  expect(alerts()).toContain("not an invite link");
  expect(field("invite")?.getAttribute("aria-invalid")).toBe("true");
  expect(network.sockets).toEqual([]);
});

it("stores the pasted invite and joins with it", async () => {
  await open();
  await type("name", "Ada");
  await type("invite", `https://chat.example/#invite=${SECRET}`);
  await submit();
  expect(storedInvite()).toBe(SECRET);
  expect(network.sockets).toHaveLength(1);
});

it.each([
  ["an open server", '{"invite":"open"}', null],
  ["a server without a setting", "{}", null],
  ["a user with an invite", '{"invite":"required"}', SECRET],
])("asks for no invite: %s", async (_, told, invite) => {
  network.told = told;
  if (invite) storeInvite(invite);
  await open();
  expect(field("invite")).toBeNull();
  await type("name", "Ada");
  await submit();
  expect(network.sockets).toHaveLength(1);
});

it("says that the invite may be replaced when it was refused, and takes another", async () => {
  storeInvite(SECRET);
  await open();
  await type("name", "Ada");
  await submit();
  await refuse();
  expect(alerts()).toContain("Your invite may have been replaced");
  expect(alerts()).toContain("sent too much in this hour");
  await submit(); // perhaps it was the name
  expect(network.sockets).toHaveLength(2);
  await refuse();
  await type("invite", OTHER);
  await submit();
  expect(storedInvite()).toBe(OTHER);
  expect(network.sockets).toHaveLength(3);
});

it("asks for an invite when a refusal shows that one is required now", async () => {
  network.told = "{}";
  await open();
  network.told = '{"invite":"required"}';
  await type("name", "Ada");
  await submit();
  expect(field("invite")).toBeNull();
  await refuse();
  expect(field("invite")).not.toBeNull();
});

it("joins again with a link that is opened in this tab", async () => {
  storeInvite(SECRET);
  await open();
  await type("name", "Ada");
  await submit();
  await refuse();
  history.replaceState(null, "", `/#invite=${OTHER}`);
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(location.hash).toBe("");
  expect(storedInvite()).toBe(OTHER);
  expect(network.sockets).toHaveLength(2);
});

const offered = () =>
  network.sockets.map((it) => it.subprotocols.find((one) => one.startsWith("invite.")));

it("enters with the invite that was good when a newer link is wrong, and keeps it", async () => {
  storeInvite(SECRET);
  history.replaceState(null, "", `/#invite=${OTHER}`);
  takeInvite();
  await open();
  await type("name", "Ada");
  await submit();
  await refuse();
  await act(async () => vi.advanceTimersByTimeAsync(0));
  expect(offered()).toEqual([`invite.${OTHER}`, `invite.${SECRET}`]);
  expect(alerts()).toBe("");
  await act(async () => network.socket.opens());
  await act(async () => network.socket.says(helloFrame()));
  expect(localStorage.getItem("fireside.invite")).toBe(SECRET);
});

it("keeps the good invite of a user who opens a wrong link while inside", async () => {
  await comeIn();
  history.replaceState(null, "", `/#invite=${OTHER}`);
  await act(async () => dispatchEvent(new Event("hashchange")));
  await refuse();
  await act(async () => vi.advanceTimersByTimeAsync(3_000));
  await refuse();
  await act(async () => vi.advanceTimersByTimeAsync(0));
  expect(offered()).toEqual([`invite.${SECRET}`, `invite.${OTHER}`, `invite.${SECRET}`]);
});

it("does not ask for an invite after its link was opened on the join form", async () => {
  await open();
  history.replaceState(null, "", `/#invite=${SECRET}`);
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(field("invite")).toBeNull();
});

it("says that the link in the address is not whole, until another is pasted", async () => {
  history.replaceState(null, "", "/#invite=cut-off");
  await open();
  expect(alerts()).toContain("link in the address");
  expect(field("invite")?.getAttribute("aria-invalid")).toBe("true");
  expect(location.hash).toBe("#invite=cut-off");

  await type("name", "Ada");
  await type("invite", `Join us: https://chat.example/#invite=${SECRET}, at 8!`);
  expect(alerts()).toBe("");
  await submit();
  expect(storedInvite()).toBe(SECRET);
  expect(network.sockets).toHaveLength(1);
  expect(location.hash).toBe("");
});

it("says so of a link that is opened in this tab, also with an invite on this device", async () => {
  storeInvite(OTHER);
  await open();
  expect(field("invite")).toBeNull();
  history.replaceState(null, "", "/#invite=cut-off");
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(alerts()).toContain("link in the address");
});

async function comeIn() {
  storeInvite(SECRET);
  await open();
  await type("name", "Ada");
  await submit();
  await act(async () => network.socket.opens());
  await act(async () => network.socket.says(helloFrame()));
}

async function loseTheLineForGood() {
  await comeIn();
  for (let round = 0; round < 5; round += 1) {
    await refuse();
    await act(async () => vi.advanceTimersByTimeAsync(48_000));
  }
}

const banner = () => page.querySelector(".net")?.textContent;

it("asks a user whose invite was replaced to open the new link, and joins with it in this tab", async () => {
  await loseTheLineForGood();
  expect(banner()).toContain("If the invite was replaced, open the new link here");
  expect(banner()).toContain("sent too much in this hour");
  const { length } = network.sockets;
  history.replaceState(null, "", `/#invite=${OTHER}`);
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(network.sockets).toHaveLength(length + 1);
});

it("says so of a link that a user opens whose invite was replaced, until the whole one is", async () => {
  await loseTheLineForGood();
  const { length } = network.sockets;
  history.replaceState(null, "", "/#invite=cut-off");
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(banner()).toContain("Your messages are kept. The invite link in the address is not whole");
  expect(network.sockets).toHaveLength(length);

  history.replaceState(null, "", `/#invite=${OTHER}`);
  await act(async () => dispatchEvent(new Event("hashchange")));
  expect(network.sockets).toHaveLength(length + 1);
  expect(banner()).not.toContain("not whole");
});

it("says when a proxy loses the upgrade of a user who was inside", async () => {
  network.told = '{"invite":"required","upgrade":"lost"}';
  await loseTheLineForGood();
  expect(banner()).toContain("must pass the Upgrade header on");
  expect(banner()).not.toContain("invite");
});

it("mentions no invite where none is required", async () => {
  network.told = "{}";
  await loseTheLineForGood();
  expect(banner()).toContain("does not let you in any more");
  expect(banner()).not.toContain("invite");
});

it.each(["open", "required"])(
  "says when a proxy loses the upgrade, not the name or the invite (%s)",
  async (invite) => {
    network.told = JSON.stringify({ invite });
    storeInvite(SECRET);
    await open();
    await type("name", "Ada");
    await submit();
    network.told = JSON.stringify({ invite, upgrade: "lost" });
    await refuse();
    await act(async () => vi.advanceTimersByTimeAsync(0));
    expect(alerts()).toContain("must pass the Upgrade header on");
    expect(alerts()).not.toMatch(/another name|replaced/);
  },
);
