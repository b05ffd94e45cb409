/** What the join form asks for: a name, and an invite link where one is needed. */

import { inviteIn, storedInvite } from "../connection/invite";
import { STRINGS } from "../strings";
import { checkName } from "./name";

export type FieldName = "name" | "invite";

export type Problem = { field: FieldName; text: string };

/** `secret`: the invite that was pasted, null when the one on this device will do. */
type FormCheck = { ok: true; name: string; secret: string | null } | ({ ok: false } & Problem);

/** `link` is null where the form does not show that field. */
export function checkForm(written: string, link: string | null): FormCheck {
  const name = checkName(written);
  if (!name.ok) return { ok: false, field: "name", text: name.problem };
  const secret = link === null ? null : inviteIn(link);
  const problem = link === null || secret !== null ? null : problemOf(link.trim());
  if (problem !== null) return { ok: false, field: "invite", text: problem };
  return { ok: true, name: name.name, secret };
}

function problemOf(noLink: string): string | null {
  if (noLink !== "") return STRINGS.join.badInvite;
  return storedInvite() === null ? STRINGS.join.noInvite : null;
}
