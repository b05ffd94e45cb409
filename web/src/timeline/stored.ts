/** Checks what a device stored: another version of this page may have written it in another form. */

import { count, isMessage, isUser, listOf, only, shape, text } from "../wire/parse";
import type { OutboxEntry, Snapshot } from "./model";

/** Devices hold entries in this form already, so `draft` keeps its name. */
export type StoredEntry = { draft: OutboxEntry; tab: string };

export const isSnapshot = shape<Snapshot>({
  me: isUser,
  epoch: text,
  messages: listOf(isMessage),
});

const hasTab = shape<Pick<StoredEntry, "tab">>({ tab: text });
const isEntry = shape<Pick<OutboxEntry, "nonce" | "text" | "writtenAt" | "name">>({
  nonce: text,
  text,
  writtenAt: count,
  name: only("waiting", "sending", "failed"),
});

export function isStoredEntry(value: unknown): value is StoredEntry {
  return hasTab(value) && "draft" in value && isEntry(value.draft);
}
