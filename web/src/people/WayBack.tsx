/** One line: the name is mine on this device alone, so a way back should be kept. */

import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import type { Self } from "./identity";
import "./people.css";

const WORDS = STRINGS.wayBack;

type WayBackProps = { self: Self; onKeep: () => void; onNotNow: () => void };

export function WayBack({ self: { user, needsWayBack }, onKeep, onNotNow }: WayBackProps) {
  if (!user?.claimed || !needsWayBack) return null;
  return (
    <div className="bar">
      <p className="grow">
        <span>{WORDS.yours(user.username)}</span>{" "}
        <button type="button" className="keep" onClick={onKeep}>
          {WORDS.keep}
        </button>
      </p>
      <button type="button" className="icon-btn" aria-label={WORDS.notNow} onClick={onNotNow}>
        <Icon name="close" small />
      </button>
    </div>
  );
}
