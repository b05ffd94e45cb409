/** What happened to me: above the composer, one at a time; what asks for something stays. */

import { useEffect } from "react";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import type { Identity, Notice } from "./identity";
import "./people.css";

const WORDS = STRINGS.notices;
/** How long a notice stays that asks for nothing: it lies over the newest message. */
const SHOWN_MS = 8_000;

export function Toast({ identity, notice }: { identity: Identity; notice: Notice | null }) {
  useEffect(() => {
    if (notice === null || notice.kind === "added") return;
    const timer = setTimeout(() => identity.note(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [identity, notice]);

  function signOut(device: string) {
    identity.note(null);
    void identity.request({ action: "revokeDevice", device }, "devices");
  }

  return (
    <div className="toast-place" role="status">
      {notice && (
        <div className="toast">
          <span>{wordsFor(notice)}</span>
          {notice.kind === "added" && (
            <button type="button" onClick={() => signOut(notice.device)}>
              {WORDS.signItOut}
            </button>
          )}
          <button
            type="button"
            className="dismiss"
            aria-label={WORDS.dismiss}
            onClick={() => identity.note(null)}
          >
            <Icon name="close" small />
          </button>
        </div>
      )}
    </div>
  );
}

function wordsFor(notice: Notice): string {
  return notice.kind === "said" ? STRINGS.sentence(notice.text) : WORDS[notice.kind];
}
