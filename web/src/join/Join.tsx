/** The form before the chat: a name, an invite link where one is needed, and why joining failed. */

import { type FormEvent, useState } from "react";
import type { Config } from "../connection/config";
import { isInviteUnclear, storedInvite, storeInvite } from "../connection/invite";
import { isJoining, type State } from "../connection/machine";
import { fold } from "../device/secrets";
import { isAnythingKept } from "../device/storage";
import { ForgetButton, type ForgetProps } from "../settings/ForgetButton";
import { STRINGS } from "../strings";
import { Mark } from "../ui/Mark";
import { checkForm, type FieldName, type Problem } from "./checkForm";
import { Field } from "./Field";
import { IsItYou } from "./IsItYou";
import { rememberedName, rememberName } from "./remembered";
import { useNameProblem } from "./useNameProblem";
import "./join.css";

type JoinProps = ForgetProps & {
  connection: State;
  config: Config;
  onJoin: (name: string) => void;
  /** The name is mine already: by a link from another device, or by the recovery code. */
  onReturn: (by: "link" | "code", name: string) => void;
};

export function Join({ connection, config, onJoin, onReturn, ...forgetting }: JoinProps) {
  const [written, setWritten] = useState(rememberedName);
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const refusal = connection.name === "refused" ? connection.reason : null;
  const isUnclear = link === "" && isInviteUnclear();
  const showsInvite =
    config.invite === "required" &&
    (storedInvite() === null || link !== "" || isUnclear || refusal === "refused");
  const refused = refusal && wordsFor(refusal, config, showsInvite);
  const isTaken = refusal === "taken" && isSameName(written, rememberedName());
  const isBusy = isJoining(connection);

  function join(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    const checked = checkForm(written, showsInvite ? link : null);
    setProblem(checked.ok ? null : checked);
    if (!checked.ok) return document.getElementById(checked.field)?.focus();
    if (checked.secret !== null) storeInvite(checked.secret);
    rememberName(checked.name);
    onJoin(checked.name);
  }

  /** A changed field is checked again. */
  function changing(set: (text: string) => void) {
    return (text: string) => {
      set(text);
      setProblem(null);
    };
  }

  return (
    <main className="join">
      <form className="card" onSubmit={join} noValidate>
        <Mark />
        <h1>{STRINGS.join.title}</h1>
        <p>{STRINGS.join.what}</p>
        <NameField
          value={written}
          wrong={textAt("name", problem)}
          taken={isTaken}
          refused={showsInvite ? null : refused}
          onChange={changing(setWritten)}
        />
        {showsInvite && (
          <InviteField
            value={link}
            wrong={textAt("invite", problem) ?? (isUnclear ? STRINGS.join.unclearInvite : null)}
            refused={refused}
            onChange={changing(setLink)}
          />
        )}
        {isTaken && <IsItYou onReturn={(by) => onReturn(by, rememberedName())} />}
        {!isTaken && <JoinButton isBusy={isBusy} />}
        <p className="foot-note">{STRINGS.join.note}</p>
        {isAnythingKept() && <ForgetButton {...forgetting} />}
      </form>
    </main>
  );
}

function JoinButton({ isBusy }: { isBusy: boolean }) {
  return (
    <button type="submit" className="btn" aria-disabled={isBusy}>
      {isBusy ? STRINGS.join.joining : STRINGS.join.join}
    </button>
  );
}

function isSameName(one: string, other: string): boolean {
  return fold(one.trim()) === fold(other);
}

type Refusal = Extract<State, { name: "refused" }>["reason"];

function wordsFor(refusal: Refusal, config: Config, showsInvite: boolean): string | null {
  if (refusal === "taken") return null;
  if (refusal === "away") return STRINGS.join.away;
  if (config.isProxyUnknown) return STRINGS.join.unknownProxy;
  if (config.losesUpgrades) return STRINGS.join.noUpgrade;
  return showsInvite ? STRINGS.join.notInvited : STRINGS.join.refused;
}

function textAt(field: FieldName, problem: Problem | null): string | null {
  return problem?.field === field ? problem.text : null;
}

type JoinFieldProps = {
  value: string;
  /** What is wrong with what was written. */
  wrong: string | null;
  /** Why the server did not let one in, which may have another cause. */
  refused: string | null;
  onChange: (text: string) => void;
};

function NameField({
  value,
  wrong,
  taken,
  refused,
  onChange,
}: JoinFieldProps & { taken: boolean }) {
  const typed = useNameProblem(value);
  const problem = taken ? STRINGS.join.taken : (wrong ?? typed);
  return (
    <Field
      id={"name" satisfies FieldName}
      label={STRINGS.join.name}
      value={value}
      problem={problem ?? refused}
      invalid={problem !== null}
      onChange={onChange}
      autoComplete="nickname"
      autoCapitalize="words"
      dir="auto"
      autoFocus
    />
  );
}

function InviteField({ value, wrong, refused, onChange }: JoinFieldProps) {
  return (
    <Field
      id={"invite" satisfies FieldName}
      label={STRINGS.join.invite}
      hint={STRINGS.join.inviteHint}
      value={value}
      problem={wrong ?? refused}
      invalid={wrong !== null}
      onChange={onChange}
      autoComplete="off"
      autoCapitalize="off"
      dir="ltr"
    />
  );
}
