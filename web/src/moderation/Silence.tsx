/** Asks for how long somebody may read but not write. */

import { useState } from "react";
import { STRINGS } from "../strings";
import { closeDialog, FIRST } from "../ui/Dialog";

const WORDS = STRINGS.moderation;
const A_DAY = WORDS.spans[1];

type SilenceProps = { name: string; onSilence: (seconds: number) => void };

export function Silence({ name, onSilence }: SilenceProps) {
  const [span, setSpan] = useState<(typeof WORDS.spans)[number]>(A_DAY);
  return (
    <>
      <p className="note" id="deed">
        {WORDS.silenceWhat(name)}
      </p>
      <fieldset className="seg">
        <legend className="cap">{WORDS.howLong}</legend>
        <div>
          {WORDS.spans.map((one) => (
            <label key={one.seconds}>
              <input
                type="radio"
                name="span"
                checked={span === one}
                onChange={() => setSpan(one)}
              />
              <span>{one.label}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div className="acts">
        <button type="button" className="btn plain" onClick={closeDialog} {...FIRST}>
          {STRINGS.you.cancel}
        </button>
        <button type="button" className="btn harm-fill" onClick={() => onSilence(span.seconds)}>
          {span.deed}
        </button>
      </div>
    </>
  );
}
