/** The whole page in a test: opened before each, over a network of sockets that do what the test says. */

import { act, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { App } from "../App";
import type { Platform } from "../chat";
import { FakeNetwork, fakePlatform, helloFrame, pageFrame } from "./fakeNetwork";

export let network: FakeNetwork;
export let platform: Platform;
let root: Root;
export let page: HTMLElement;

/** Before each test the page is opened again, in strict mode. */
export function openBeforeEach() {
  beforeEach(async () => {
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
    vi.useFakeTimers();
    localStorage.clear();
    sessionStorage.clear();
    network = new FakeNetwork();
    platform = fakePlatform(network);
    page = document.body.appendChild(document.createElement("div"));
    root = createRoot(page);
    await act(async () =>
      root.render(
        <StrictMode>
          <App platform={platform} />
        </StrictMode>,
      ),
    );
  });

  afterEach(async () => {
    const besideOthers = textsBesideOthers();
    await act(async () => root.unmount());
    page.remove();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    expect(besideOthers).toEqual([]);
  });
}

/**
 * The texts that are not alone in their element.
 *
 * A translator replaces text nodes, so React must never look for one: of a text that is alone it
 * changes the element. The texts within a message never change.
 */
function textsBesideOthers(): string[] {
  const all = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  for (let node = all.nextNode(); node; node = all.nextNode()) {
    const { parentElement: element, textContent: text } = node;
    const isAlone = element?.childNodes.length === 1 || element?.closest(".body");
    if (!isAlone && text?.trim()) found.push(text);
  }
  return found;
}

export function find<Found extends Element>(selector: string): Found {
  const found = page.querySelector<Found>(selector);
  if (!found) throw new Error(`No ${selector} in ${page.textContent}`);
  return found;
}

export function button(name: string): HTMLButtonElement {
  const all = [...page.querySelectorAll("button")];
  const found = all.find((it) => (it.getAttribute("aria-label") ?? it.textContent)?.includes(name));
  if (!found) throw new Error(`No button "${name}" in ${page.textContent}`);
  return found;
}

export async function type(selector: string, text: string) {
  const field = find<HTMLInputElement | HTMLTextAreaElement>(selector);
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value") ?? {};
  await act(async () => {
    set?.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

export async function press(selector: string, key: KeyboardEventInit) {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key });
  await act(async () => find(selector).dispatchEvent(event));
}

export async function submit() {
  const event = new Event("submit", { bubbles: true, cancelable: true });
  await act(async () => find("form").dispatchEvent(event));
  await pass(0);
}

export async function pass(ms: number) {
  await act(async () => vi.advanceTimersByTimeAsync(ms));
}

export async function says(...frames: object[]) {
  await act(async () => {
    for (const frame of frames) network.socket.says(frame);
  });
}

export async function join(name = "Ada") {
  await type("input", name);
  await submit();
}

export async function enter(...texts: string[]) {
  await join();
  await act(async () => network.socket.opens());
  await says(helloFrame(), pageFrame(texts));
}

export async function leave() {
  await act(async () => button("Settings").click());
  await act(async () => button("Change name").click());
}

export async function say(text: string) {
  await type("textarea", text);
  await press("textarea", { key: "Enter", keyCode: 13 });
}

export const log = () => find(".log").textContent;

export async function reload() {
  await act(async () => root.unmount());
  root = createRoot(page);
  await act(async () => root.render(<App platform={platform} />));
  await pass(0);
}

/** Go to a tab and load its page; what a tab keeps for itself outlives that. */
export async function goTo(tab: Storage) {
  vi.stubGlobal("sessionStorage", tab);
  await reload();
}
