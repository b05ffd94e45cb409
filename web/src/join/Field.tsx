/** One line to fill in: its name, what to put there, and what is wrong with it. */

import type { InputHTMLAttributes } from "react";
import { Icon } from "../ui/Icon";

type FieldProps = Pick<
  InputHTMLAttributes<HTMLInputElement>,
  "autoComplete" | "autoCapitalize" | "autoFocus" | "dir"
> & {
  id: string;
  label: string;
  hint?: string;
  value: string;
  problem: string | null;
  invalid: boolean;
  onChange: (text: string) => void;
};

/** No name and no link is so long, nor a letter around a link; a book would be checked at each key. */
const MOST_CHARACTERS = 10_000;

export function Field({ id, label, hint, problem, invalid, onChange, ...input }: FieldProps) {
  return (
    <div className="ask">
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p id={`${id}-hint`} className="why">
          {hint}
        </p>
      )}
      <input
        id={id}
        spellCheck={false}
        maxLength={MOST_CHARACTERS}
        aria-invalid={invalid}
        aria-describedby={hint ? `${id}-hint ${id}-problem` : `${id}-problem`}
        {...input}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={`${id}-problem`} className="err" role="alert">
        {problem && (
          <>
            <Icon name="warning" small />
            <span>{problem}</span>
          </>
        )}
      </p>
    </div>
  );
}
