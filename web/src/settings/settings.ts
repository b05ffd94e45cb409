/** The settings of this device: theme, Enter key, notifications. */

import { useEffect, useSyncExternalStore } from "react";
import { readDevice, storageKey, writeDevice } from "../device/storage";

export type Theme = "system" | "light" | "dark";
export type Settings = { theme: Theme; enterAddsLine: boolean; notify: boolean };

/** Where each is stored; public/theme.js reads the theme too. */
const KEYS = { theme: "theme", enterAddsLine: "enter", notify: "notify" };
/** What is stored for a setting that is on. */
const ON = { enterAddsLine: "breaks", notify: "yes" };

const subscribers = new Set<() => void>();
let current: Settings | null = null;

export function currentSettings(): Settings {
  current ??= {
    theme: themeOf(readDevice(KEYS.theme)),
    enterAddsLine: readDevice(KEYS.enterAddsLine) === ON.enterAddsLine,
    notify: readDevice(KEYS.notify) === ON.notify,
  };
  return current;
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...currentSettings(), ...change };
  writeDevice(KEYS.theme, current.theme === "system" ? null : current.theme);
  writeDevice(KEYS.enterAddsLine, current.enterAddsLine ? ON.enterAddsLine : null);
  writeDevice(KEYS.notify, current.notify ? ON.notify : null);
  if (change.theme !== undefined) applyTheme(change.theme);
  notifySubscribers();
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, currentSettings);
}

/** The settings are those of the device: a change in another tab applies here at once. */
export function useSettingsOfOtherTabs(): void {
  useEffect(() => {
    addEventListener("storage", onStorage);
    return () => removeEventListener("storage", onStorage);
  }, []);
}

const STORAGE_KEYS = Object.values(KEYS).map(storageKey);

function onStorage({ key }: StorageEvent): void {
  // No key: the whole storage was cleared.
  if (key !== null && !STORAGE_KEYS.includes(key)) return;
  current = null;
  applyTheme(currentSettings().theme);
  notifySubscribers();
}

function notifySubscribers(): void {
  for (const subscriber of subscribers) subscriber();
}

/** Set the page's colours and the browser's bars, as theme.js does before the first paint. */
function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    const metaTheme = meta.dataset.theme;
    const media = metaTheme === theme ? "all" : "not all";
    meta.setAttribute("media", theme === "system" ? `(prefers-color-scheme: ${metaTheme})` : media);
  }
}

function subscribe(subscriber: () => void): () => void {
  subscribers.add(subscriber);
  return () => subscribers.delete(subscriber);
}

function themeOf(stored: string | null): Theme {
  return stored === "light" || stored === "dark" ? stored : "system";
}
