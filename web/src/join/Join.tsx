/** The door: one says a name, shows an invite where one is asked for, and learns if it may not enter. */

import { type FormEvent, useEffect, useState } from "react";
import { inviteIn, keepInvite, keptInvite } from "../connection/invite";
import type { State } from "../connection/machine";
import { STRINGS } from "../strings";
import { Mark } from "../ui/Mark";
import { Field } from "./Field";
import { checkName } from "./name";
import { rememberedName, rememberName } from "./remembered";
import "./join.css";

type JoinProps = { connection: State; asksInvite: boolean; onJoin: (name: string) => void };

export function Join({ connection, asksInvite, onJoin }: JoinProps) {
  const [written, setWritten] = useState(rememberedName);
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const joining = connection.name === "connecting" || connection.name === "asking";
  const typed = useProblemWhileTyping(written);
  const refusal = connection.name === "refused" ? connection.reason : null;
  const showsInvite = asksInvite && (keptInvite() === null || link !== "" || refusal === "refused");
  const refused = refusal && STRINGS.door[refusal];

  function join(event: FormEvent) {
    event.preventDefault();
    if (joining) return;
    const name = checkName(written);
    if (!name.ok) return complain({ field: "name", words: name.problem });
    const secret = showsInvite ? inviteIn(link) : null;
    if (showsInvite && secret === null && (link.trim() !== "" || keptInvite() === null))
      return complain({
        field: "invite",
        words: link.trim() === "" ? STRINGS.door.noInvite : STRINGS.door.badInvite,
      });
    if (secret !== null) keepInvite(secret);
    setProblem(null);
    rememberName(name.name);
    onJoin(name.name);
  }

  function complain(found: Problem) {
    setProblem(found);
    document.getElementById(found.field)?.focus();
  }

  return (
    <main className="join">
      <form className="card" onSubmit={join} noValidate>
        <Mark />
        <h1>{STRINGS.door.title}</h1>
        <p>{STRINGS.door.what}</p>
        <Field
          id="name"
          label={STRINGS.door.name}
          value={written}
          problem={wordsAt("name", problem) ?? typed ?? (showsInvite ? null : refused)}
          invalid={wordsAt("name", problem) !== null || typed !== null}
          onChange={(text) => {
            setWritten(text);
            setProblem(null);
          }}
          autoComplete="nickname"
          autoCapitalize="words"
          dir="auto"
          autoFocus
        />
        {showsInvite && (
          <Field
            id="invite"
            label={STRINGS.door.invite}
            hint={STRINGS.door.inviteHint}
            value={link}
            problem={
              wordsAt("invite", problem) ??
              (refusal === "refused" ? STRINGS.door.notInvited : refused)
            }
            invalid={wordsAt("invite", problem) !== null}
            onChange={(text) => {
              setLink(text);
              setProblem(null);
            }}
            autoComplete="off"
            autoCapitalize="off"
            dir="ltr"
          />
        )}
        <button type="submit" className="btn" aria-disabled={joining}>
          {joining ? STRINGS.door.joining : STRINGS.door.join}
        </button>
        <p className="foot-note">{STRINGS.door.note}</p>
      </form>
    </main>
  );
}

type Problem = { field: "name" | "invite"; words: string };

function wordsAt(field: Problem["field"], problem: Problem | null): string | null {
  return problem?.field === field ? problem.words : null;
}

const TYPING_PAUSE_MS = 500;

/** Said when the fingers rest, so that nobody is scolded in the middle of a name. */
function useProblemWhileTyping(written: string): string | null {
  const [rested, setRested] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setRested(written), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [written]);
  if (rested !== written || written.trim() === "") return null;
  const check = checkName(written);
  return check.ok ? null : check.problem;
}
