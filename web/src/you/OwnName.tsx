/** My name, and another one instead. */

import { type FormEvent, useState } from "react";
import { checkName } from "../join/name";
import { useNameProblem } from "../join/useNameProblem";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import { problemOf } from "../people/useAnswer";
import { STRINGS } from "../strings";

const WORDS = STRINGS.you;

export function OwnName({ identity, name }: { identity: Identity; name: string }) {
  const [written, setWritten] = useState(name);
  const [wrong, setWrong] = useState<string | null>(null);
  const [saved, setSaved] = useState(false);
  const typed = useNameProblem(written);
  const problem = wrong ?? typed;

  async function save(event: FormEvent) {
    event.preventDefault();
    const check = checkName(written);
    if (!check.ok) return setWrong(check.problem);
    if (check.name === name) return;
    const outcome = await identity.rename(check.name);
    setWrong(problemOf(outcome));
    setSaved(outcome.ok);
  }

  return (
    <form className="ask" onSubmit={(event) => void save(event)} noValidate>
      <label htmlFor="own-name" className="cap">
        {WORDS.name}
      </label>
      <div className="pair-row">
        <input
          id="own-name"
          className="input"
          dir="auto"
          autoComplete="nickname"
          spellCheck={false}
          value={written}
          aria-invalid={problem !== null}
          aria-describedby="own-name-problem"
          onChange={(event) => {
            setWritten(event.target.value);
            setWrong(null);
            setSaved(false);
          }}
        />
        <button type="submit" className="btn plain" disabled={written.trim() === name}>
          {WORDS.save}
        </button>
      </div>
      <Problem id="own-name-problem" text={problem} />
      <p className="note" role="status">
        {saved ? WORDS.saved : WORDS.isYours}
      </p>
    </form>
  );
}
