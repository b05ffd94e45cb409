/** Asks before somebody is banned, and why. */

import { type FormEvent, useState } from "react";
import { STRINGS } from "../strings";
import { closeDialog, FIRST } from "../ui/Dialog";
import type { Author } from "./author";

const WORDS = STRINGS.moderation;
const MOST_CHARACTERS = 200;

type BanProps = { author: Author; onBan: (reason: { reason?: string }) => void };

export function Ban({ author: { username: name, unclaimed }, onBan }: BanProps) {
  const [written, setWritten] = useState("");

  function ban(event: FormEvent) {
    event.preventDefault();
    const reason = written.trim();
    onBan(reason === "" ? {} : { reason });
  }

  return (
    <form onSubmit={ban}>
      <p className="note" id="deed">
        {unclaimed ? WORDS.banWhatName(name) : WORDS.banWhat(name)}
      </p>
      <div className="ask">
        <label htmlFor="reason" className="cap">
          <span>{WORDS.reason}</span> <span className="tag">{WORDS.reasonHint}</span>
        </label>
        <input
          id="reason"
          className="input"
          dir="auto"
          autoComplete="off"
          maxLength={MOST_CHARACTERS}
          value={written}
          onChange={(event) => setWritten(event.target.value)}
        />
      </div>
      <div className="acts">
        <button type="button" className="btn plain" onClick={closeDialog} {...FIRST}>
          {STRINGS.you.cancel}
        </button>
        <button type="submit" className="btn harm-fill">
          {WORDS.banDeed(name)}
        </button>
      </div>
    </form>
  );
}
