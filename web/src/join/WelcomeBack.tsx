/** The door for somebody who has a name here already: a link from another device, or the code. */

import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import type { State } from "../connection/machine";
import { useConnection } from "../connection/useConnection";
import type { Arrival } from "../people/arrival";
import { deviceLinkIn, storedDeviceLink } from "../people/links";
import { codeIn } from "../people/recoveryCode";
import { STRINGS } from "../strings";
import { Mark } from "../ui/Mark";
import { Field } from "./Field";

const WORDS = STRINGS.back;

type WelcomeBackProps = {
  by: Arrival["kind"];
  /** The name that was typed; null when a link was opened, which names nobody to us. */
  name: string | null;
  arrival: Arrival | null;
  onSecret: (secret: string) => void;
  onContinue: (name: string) => void;
  onOtherName: () => void;
};

export function WelcomeBack({ arrival, onContinue, onOtherName, ...form }: WelcomeBackProps) {
  const connection = useConnection(arrival?.client ?? null);
  const user = arrival?.getUser() ?? null;
  const comesAtOnce = arrival?.kind === "code" && user !== null;
  useEffect(() => {
    if (comesAtOnce) onContinue(user.username);
  });
  return (
    <main className="join">
      <div className="card">
        <Mark />
        <h1>{WORDS.title}</h1>
        {user ? (
          <Continue name={user.username} onContinue={onContinue} />
        ) : (
          <SecretForm {...form} connection={connection} />
        )}
        <p className="foot-note">
          <button type="button" className="link" onClick={onOtherName}>
            {WORDS.otherName}
          </button>
        </p>
      </div>
    </main>
  );
}

function Continue({ name, onContinue }: { name: string; onContinue: (name: string) => void }) {
  return (
    <>
      <p>{WORDS.linked(name)}</p>
      <button type="button" className="btn" onClick={() => onContinue(name)}>
        {WORDS.continueAs(name)}
      </button>
    </>
  );
}

type FormProps = Pick<WelcomeBackProps, "by" | "name" | "onSecret"> & { connection: State };

function SecretForm({ by, name, connection, onSecret }: FormProps) {
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const isBusy = /connecting|probing|waiting|open/.test(connection.name);
  const words = by === "link" ? WORDS.byLink : WORDS.byCode;

  function comeIn(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    const secret = by === "link" ? linkIn(typed) : codeIn(typed);
    setWrong(secret === null ? words.wrong : null);
    if (secret === null) document.getElementById("secret")?.focus();
    else onSecret(secret);
  }

  return (
    <form onSubmit={comeIn} noValidate>
      <p>{by === "link" ? <AtOtherDevice name={name} /> : <ByCode name={name} />}</p>
      <Field
        id="secret"
        label={words.label}
        value={typed}
        problem={wrong ?? problemOf(connection)}
        invalid={wrong !== null}
        onChange={(text) => {
          setTyped(text);
          setWrong(null);
        }}
        autoComplete="off"
        autoCapitalize={by === "link" ? "off" : "characters"}
        dir="ltr"
        autoFocus
      />
      {by === "code" && <p className="note">{WORDS.worksOnce}</p>}
      <button type="submit" className="btn" aria-disabled={isBusy}>
        {isBusy ? WORDS.comingIn : WORDS.comeIn}
      </button>
    </form>
  );
}

/** With nothing pasted it is the link that was opened. */
function linkIn(typed: string): string | null {
  return typed.trim() === "" ? storedDeviceLink() : deviceLinkIn(typed);
}

/** The server's own sentence where it has one: the link was used, the code is another's. */
function problemOf(connection: State): string | null {
  if (connection.name === "closed") return STRINGS.sentence(connection.reason);
  if (connection.name !== "refused") return null;
  return connection.reason === "away" ? STRINGS.join.away : WORDS.refused;
}

/** Each part alone in its element, so that a translator can replace it. */
function parts(texts: readonly string[]): ReactNode {
  return texts.map((text, index) =>
    index % 2 === 1 ? <b key={text}>{text}</b> : <span key={text}>{text}</span>,
  );
}

function AtOtherDevice({ name }: { name: string | null }) {
  return parts(WORDS.atOtherDevice(name));
}

function ByCode({ name }: { name: string | null }) {
  return parts(WORDS.codeOf(name ?? ""));
}
