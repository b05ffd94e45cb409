/** The door: one says a name, shows an invite where one is asked for, and learns if it may not enter. */

import { type FormEvent, useEffect, useState } from "react";
import { inviteIn, keepInvite, keptInvite } from "../connection/invite";
import type { State } from "../connection/machine";
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
  const refused = refusal && REFUSALS[refusal];

  function join(event: FormEvent) {
    event.preventDefault();
    if (joining) return;
    const name = checkName(written);
    if (!name.ok) return complain({ field: "name", words: name.problem });
    const secret = showsInvite ? inviteIn(link) : null;
    if (showsInvite && secret === null && (link.trim() !== "" || keptInvite() === null))
      return complain({ field: "invite", words: link.trim() === "" ? NO_INVITE : BAD_INVITE });
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
        <h1>Pull up a chair</h1>
        <p>Choose the name others will see. You can change it any time.</p>
        <Field
          id="name"
          label="Your name"
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
            label="Invite link"
            hint="This chat needs an invite. Ask whoever runs it for the link, then open it or paste it here."
            value={link}
            problem={wordsAt("invite", problem) ?? (refusal === "refused" ? NOT_INVITED : refused)}
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
          {joining ? "Joining…" : "Join the conversation"}
        </button>
        <p className="foot-note">Messages stay on this server.</p>
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

const NO_INVITE = "Paste your invite link first.";
const BAD_INVITE = "That is no invite link. Paste the whole link that you were given.";

const NOT_INVITED =
  "The server did not let you in. Your invite may have been replaced: ask for a new link, or try another name.";

const REFUSALS = {
  refused: "The server did not let you in. Try another name, or the address its owner gave you.",
  away: "The server does not answer. Check your connection, then try again.",
};
