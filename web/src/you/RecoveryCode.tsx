/** The recovery code: shown until it is kept, and afterwards made anew on demand. */

import { useState } from "react";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import { groupsOf } from "../people/recoveryCode";
import { STRINGS } from "../strings";
import { FIRST } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { CopyButton } from "./CopyButton";

const WORDS = STRINGS.recovery;

type ShownCodeProps = { code: string; name: string; isNew: boolean; onKept: () => void };

export function ShownCode({ code, name, isNew, onKept }: ShownCodeProps) {
  return (
    <>
      <p className="note">{isNew ? WORDS.newWhat : WORDS.what}</p>
      <p className="code" translate="no">
        {groupsOf(code).map((group) => (
          <span key={group}>{group}</span>
        ))}
      </p>
      <div className="pair-row">
        <CopyButton text={code} label={WORDS.copy} />
        <button type="button" className="btn plain" onClick={() => saveFile(name, code)}>
          <Icon name="download" small />
          <span>{WORDS.save}</span>
        </button>
      </div>
      <div className="acts">
        <button type="button" className="btn" onClick={onKept}>
          {WORDS.kept}
        </button>
      </div>
    </>
  );
}

export function AskForCode({ identity, onCancel }: { identity: Identity; onCancel: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);

  async function renew() {
    const refused = await identity.renewCode();
    setProblem(refused === null ? null : STRINGS.sentence(refused || STRINGS.you.lost));
  }

  return (
    <>
      <p className="note">{WORDS.askWhat}</p>
      <Problem text={problem} />
      <div className="acts">
        <button type="button" className="btn plain" onClick={onCancel} {...FIRST}>
          {STRINGS.you.cancel}
        </button>
        <button type="button" className="btn" onClick={() => void renew()}>
          {WORDS.make}
        </button>
      </div>
    </>
  );
}

function saveFile(name: string, code: string): void {
  const place = location.href.replace(/#.*$/, "");
  const file = new Blob([WORDS.inFile(name, place, code)], { type: "text/plain" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = WORDS.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
