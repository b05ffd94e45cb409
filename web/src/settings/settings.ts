/** What a reader chose on this device. */

import { useEffect, useSyncExternalStore } from "react";
import { keep, kept, storedAs } from "../device/storage";

export type Theme = "system" | "light" | "dark";
export type Settings = { theme: Theme; enterBreaks: boolean; notify: boolean };

const subscribers = new Set<() => void>();
let present: Settings | null = null;

export function settingsNow(): Settings {
  present ??= {
    theme: themeOf(kept("theme")),
    enterBreaks: kept("enter") === "breaks",
    notify: kept("notify") === "yes",
  };
  return present;
}

export function choose(change: Partial<Settings>): void {
  present = { ...settingsNow(), ...change };
  keep("theme", present.theme === "system" ? null : present.theme);
  keep("enter", present.enterBreaks ? "breaks" : null);
  keep("notify", present.notify ? "yes" : null);
  if (change.theme !== undefined) show(change.theme);
  tell();
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, settingsNow);
}

/** One device, one choice: what is chosen in another tab holds here at once. */
export function useOtherTabsChoices(): void {
  useEffect(() => {
    addEventListener("storage", hear);
    return () => removeEventListener("storage", hear);
  }, []);
}

const KEYS = ["theme", "enter", "notify"].map(storedAs);

function hear({ key }: StorageEvent): void {
  // Without a key everything was cleared.
  if (key !== null && !KEYS.includes(key)) return;
  present = null;
  show(settingsNow().theme);
  tell();
}

function tell(): void {
  for (const subscriber of subscribers) subscriber();
}

/** As theme.js does before the first paint: the page's colours, and the bars around it. */
function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    const its = meta.dataset.theme;
    const chosen = its === theme ? "all" : "not all";
    meta.setAttribute("media", theme === "system" ? `(prefers-color-scheme: ${its})` : chosen);
  }
}

function subscribe(subscriber: () => void): () => void {
  subscribers.add(subscriber);
  return () => subscribers.delete(subscriber);
}

function themeOf(word: string | null): Theme {
  return word === "light" || word === "dark" ? word : "system";
}
