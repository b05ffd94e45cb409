/** The half-written message of a room. It survives a reload, a lost connection and a change of name. */

import { useState } from "react";
import { keepHere, keptHere } from "../device/storage";

export function useDraft(username: string, room: string): [string, (text: string) => void] {
  const key = `draft.${username}/${room}`;
  const [text, setText] = useState(() => keptHere(key) ?? "");
  return [
    text,
    (next) => {
      setText(next);
      keepHere(key, next === "" ? null : next);
    },
  ];
}
