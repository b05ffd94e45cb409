/** Opens the dialogs: at the foot of the sidebar, and on phones in the header. */

import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";

export function DialogButtons({ onOpen }: { onOpen: (dialog: "details" | "settings") => void }) {
  return (
    <>
      <button
        type="button"
        className="icon-btn"
        aria-label={STRINGS.details.title}
        onClick={() => onOpen("details")}
      >
        <Icon name="signal" />
      </button>
      <button
        type="button"
        className="icon-btn"
        aria-label={STRINGS.settings.title}
        onClick={() => onOpen("settings")}
      >
        <Icon name="settings" />
      </button>
    </>
  );
}
