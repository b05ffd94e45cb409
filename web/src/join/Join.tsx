/** The door: one says a name, and learns here if it may not enter. */

import { type FormEvent, useEffect, useState } from "react";
import type { State } from "../connection/machine";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import { checkName } from "./name";
import { rememberedName, rememberName } from "./remembered";
import "./join.css";

type JoinProps = { connection: State; onJoin: (name: string) => void };

export function Join({ connection, onJoin }: JoinProps) {
  const [written, setWritten] = useState(rememberedName);
  const [problem, setProblem] = useState<string | null>(null);
  const joining = connection.name === "connecting" || connection.name === "asking";
  const typed = useProblemWhileTyping(written);
  const shown =
    problem ?? typed ?? (connection.name === "refused" ? REFUSALS[connection.reason] : null);

  function join(event: FormEvent) {
    event.preventDefault();
    if (joining) return;
    const check = checkName(written);
    setProblem(check.ok ? null : check.problem);
    if (!check.ok) return;
    rememberName(check.name);
    onJoin(check.name);
  }

  return (
    <main className="join">
      <form className="card" onSubmit={join} noValidate>
        <Mark />
        <h1>Pull up a chair</h1>
        <p>Choose the name others will see. You can change it any time.</p>
        <label htmlFor="name">Your name</label>
        <input
          id="name"
          value={written}
          onChange={(event) => {
            setWritten(event.target.value);
            setProblem(null);
          }}
          autoComplete="nickname"
          autoCapitalize="words"
          spellCheck={false}
          dir="auto"
          // biome-ignore lint/a11y/noAutofocus: the page has one field, and one comes to fill it
          autoFocus
          aria-invalid={problem !== null || typed !== null}
          aria-describedby="name-problem"
        />
        <p id="name-problem" className="err" role="alert">
          {shown && (
            <>
              <Icon name="warning" small />
              {shown}
            </>
          )}
        </p>
        <button type="submit" className="btn" aria-disabled={joining}>
          {joining ? "Joining…" : "Join the conversation"}
        </button>
        <p className="foot-note">Messages stay on this server.</p>
      </form>
    </main>
  );
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

const REFUSALS = {
  refused: "The server did not let you in. Try another name, or the address its owner gave you.",
  away: "The server does not answer. Check your connection, then try again.",
};
