/** The half-written message of a room. It survives a reload, a lost connection and a change of name. */

import { useState } from "react";
import { readTab, writeTab } from "../device/storage";

export function useDraft(username: string, room: string): [string, (text: string) => void] {
  const key = `draft.${username}/${room}`;
  const [text, setText] = useState(() => readTab(key) ?? "");
  return [
    text,
    (next) => {
      setText(next);
      writeTab(key, next === "" ? null : next);
    },
  ];
}
