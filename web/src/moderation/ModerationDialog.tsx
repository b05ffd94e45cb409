/** For moderators: who is banned, and what was done. */

import { useState } from "react";
import { dayOf } from "../people/days";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import { problemOf, useAnswer } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import type { AuditEntry, AuditFrame } from "../wire/frames";
import { bansIn } from "./bans";
import "../people/people.css";

const WORDS = STRINGS.moderation;

type NameOf = (userId: string) => string;

type ModerationProps = { identity: Identity; nameOf: NameOf; onClose: () => void };

export function ModerationDialog({ identity, nameOf, onClose }: ModerationProps) {
  const { frame, problem, show } = useAnswer(() => read());
  const [earlier, setEarlier] = useState<AuditEntry[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  const entries = [...earlier, ...(frame?.entries ?? [])];

  function read(before?: string) {
    return identity.request({ action: "audit", ...(before && { before }) }, "audit");
  }

  async function readEarlier({ next, entries: shown }: AuditFrame) {
    const outcome = await read(next ?? undefined);
    if (outcome.ok) setEarlier([...earlier, ...shown]);
    show(outcome);
  }

  async function lift(person: string) {
    const outcome = await identity.request({ action: "unban", person }, "person");
    setRefused(problemOf(outcome));
    if (!outcome.ok) return;
    setEarlier([]);
    show(await read());
  }

  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
      <Bans entries={entries} nameOf={nameOf} onLift={(person) => void lift(person)} />
      <Trail entries={entries} nameOf={nameOf} />
      {frame && frame.next !== null && (
        <button type="button" className="link" onClick={() => void readEarlier(frame)}>
          {WORDS.earlier}
        </button>
      )}
      <Problem text={refused ?? problem} />
    </Dialog>
  );
}

type ListProps = { entries: readonly AuditEntry[]; nameOf: NameOf };

function Bans({ entries, nameOf, onLift }: ListProps & { onLift: (person: string) => void }) {
  const bans = bansIn(entries);
  return (
    <>
      <h3>{WORDS.bannedPeople}</h3>
      {bans.length === 0 && <p className="note">{WORDS.nobody}</p>}
      <ul>
        {bans.map(({ entry, person, at, by, detail }) => (
          <li key={entry} className="row">
            <Avatar id={person} name={nameOf(person)} />
            <div className="grow">
              <b>
                <bdi>{nameOf(person)}</bdi>
              </b>
              <small>{WORDS.since(dayOf(at), nameOf(by), detail)}</small>
            </div>
            <button
              type="button"
              className="btn plain"
              aria-label={WORDS.liftOf(nameOf(person))}
              onClick={() => onLift(person)}
            >
              {WORDS.lift}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Trail({ entries, nameOf }: ListProps) {
  return (
    <>
      <h3>{WORDS.trail}</h3>
      {entries.length === 0 && <p className="note">{WORDS.nothing}</p>}
      <ul>
        {entries.map((entry) => (
          <li key={entry.entry} className="row">
            <div className="grow">
              <b>{deedOf(entry, nameOf(entry.person))}</b>
              <small>{WORDS.byAt(dayOf(entry.at), nameOf(entry.by), reasonOf(entry))}</small>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function deedOf({ action, detail }: AuditEntry, name: string): string {
  const { deeds } = WORDS;
  if (action === "mute") return detail === "0" ? deeds.unmute(name) : deeds.mute(name);
  if (action === "promote") return deeds.promote(name, detail);
  const say = action in deeds ? deeds[action as Exclude<keyof typeof deeds, "promote">] : null;
  return say ? say(name) : WORDS.otherDeed(name, action);
}

function reasonOf({ action, detail }: AuditEntry): string {
  return action === "ban" ? detail : "";
}
