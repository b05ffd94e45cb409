/** Asks before a person is forgotten in the whole place: the name has to be typed. */

import { type FormEvent, useState } from "react";
import { fold } from "../device/secrets";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import { problemOf } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { FIRST } from "../ui/Dialog";

const WORDS = STRINGS.forgetMe;

type ForgetMeProps = {
  identity: Identity;
  name: string;
  onCancel: () => void;
  onForgotten: () => void;
};

export function ForgetMe({ identity, name, onCancel, onForgotten }: ForgetMeProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  async function forget(event: FormEvent) {
    event.preventDefault();
    if (fold(typed.trim()) !== fold(name)) return setProblem(WORDS.wrong);
    const outcome = await identity.request({ action: "forgetMe", name }, "closing");
    setProblem(problemOf(outcome));
    if (!outcome.ok) return;
    await identity.forget();
    onForgotten();
  }

  return (
    <form onSubmit={(event) => void forget(event)} noValidate>
      <p className="note">{WORDS.what}</p>
      <div className="ask">
        <label htmlFor="forgotten-name" className="cap">
          {WORDS.label}
        </label>
        <input
          id="forgotten-name"
          className="input"
          dir="auto"
          autoComplete="off"
          value={typed}
          aria-invalid={problem !== null}
          aria-describedby="forgotten-problem"
          onChange={(event) => {
            setTyped(event.target.value);
            setProblem(null);
          }}
        />
        <Problem id="forgotten-problem" text={problem} />
      </div>
      <div className="acts">
        <button type="button" className="btn plain" onClick={onCancel} {...FIRST}>
          {STRINGS.you.cancel}
        </button>
        <button type="submit" className="btn harm-fill">
          {WORDS.forget}
        </button>
      </div>
    </form>
  );
}
