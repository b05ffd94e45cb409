/** Who is banned, as far as the audit trail tells. */

import type { AuditEntry } from "../wire/frames";

/** Return the latest ban of each person who was not let in again; newest entries come first. */
export function bansIn(entries: readonly AuditEntry[]): AuditEntry[] {
  const decided = new Set<string>();
  return entries.filter(({ action, person }) => {
    if ((action !== "ban" && action !== "unban") || decided.has(person)) return false;
    decided.add(person);
    return action === "ban";
  });
}
