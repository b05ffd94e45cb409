/** Checks what a device stored: another version of this page may have written it in another form. */

import { count, isMessage, isUser, listOf, nullable, only, shape, text } from "../wire/parse";
import type { OutboxEntry, Position, Snapshot } from "./model";

/** Devices hold entries in this form already, so `draft` keeps its name. */
export type StoredEntry = { draft: OutboxEntry; tab: string };

export const isSnapshot = shape<Snapshot>({
  me: isUser,
  epoch: text,
  messages: listOf(isMessage),
});

const isPosition = shape<Position>({ epoch: nullable(text), seq: count });

/** An older page stored the seq alone. */
export function positionIn(stored: string): Position | null {
  try {
    const value: unknown = JSON.parse(stored);
    if (count(value)) return { epoch: null, seq: value };
    return isPosition(value) ? value : null;
  } catch {
    return null;
  }
}

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
