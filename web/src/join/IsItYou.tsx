/** What somebody can do whose name belongs to somebody: show that it is theirs. */

import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import { LinkRow } from "../ui/LinkRow";

const WORDS = STRINGS.join;

export function IsItYou({ onReturn }: { onReturn: (by: "link" | "code") => void }) {
  return (
    <div className="ask">
      <h2 className="cap">{WORDS.isItYou}</h2>
      <LinkRow
        icon={<Icon name="phone" />}
        title={WORDS.otherDevice}
        more={WORDS.otherDeviceHint}
        onClick={() => onReturn("link")}
      />
      <LinkRow
        icon={<Icon name="key" />}
        title={WORDS.useCode}
        more={WORDS.useCodeHint}
        onClick={() => onReturn("code")}
      />
      <p className="note">{WORDS.ifNot}</p>
    </div>
  );
}
