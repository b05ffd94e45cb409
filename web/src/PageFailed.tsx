/** In the place of a page that broke: whether what was written is kept, and two ways back to it. */

import { isSomethingUnstored } from "./device/storage";
import { STRINGS } from "./strings";
import { Mark } from "./ui/Mark";
import "./join/join.css";

const WORDS = STRINGS.failure;

/** To try again needs no server, and to reload also helps when the page's own files are at fault. */
export function PageFailed({ onRetry }: { onRetry: () => void }) {
  return (
    <main className="join">
      <div className="card" role="alert">
        <Mark />
        <h1>{WORDS.page}</h1>
        <p>{isSomethingUnstored() ? WORDS.unstored : WORDS.kept}</p>
        <button type="button" className="btn" onClick={onRetry}>
          {WORDS.retry}
        </button>
        <button type="button" className="btn plain" onClick={() => location.reload()}>
          {WORDS.reload}
        </button>
      </div>
    </main>
  );
}
