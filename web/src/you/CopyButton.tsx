/** Copies a text, where the browser lets a page do that: over plain http it is selected by hand. */

import { useState } from "react";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";

const WORDS = STRINGS.recovery;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  return (
    <button
      type="button"
      className="btn plain"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      <Icon name="copy" small />
      <span role="status">{copied ? WORDS.copied : label}</span>
    </button>
  );
}
