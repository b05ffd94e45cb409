/** Grey bars in the place of messages, while the first page is loading. */

import "./skeleton.css";

/** As many as fill a screen; those that don't fit are cut off at the top. */
const ROWS = Array.from({ length: 12 }, (_, row) => row);

export function Skeleton() {
  return (
    <div className="skeleton" aria-hidden="true">
      {ROWS.map((row) => (
        <div key={row} className="bones">
          <span className="bone" />
          <span className="bone" />
          <span className="bone" />
        </div>
      ))}
    </div>
  );
}
