/** The dialogs of the room. They are part of the first load: a dialog opens also without a server. */

import type { ComponentProps } from "react";
import { DiagnosticsDialog } from "../connection/DiagnosticsDialog";
import { KeysDialog } from "../settings/KeysDialog";
import { SettingsDialog } from "../settings/SettingsDialog";

export type DialogName = "settings" | "details" | "keys";

type DialogsProps = {
  opened: DialogName | null;
  details: Omit<ComponentProps<typeof DiagnosticsDialog>, "onClose">;
  onClose: (dialog: DialogName) => void;
  onLeave: () => void;
};

export function Dialogs({ opened, details, onClose, onLeave }: DialogsProps) {
  switch (opened) {
    case "settings":
      return <SettingsDialog onClose={() => onClose(opened)} onLeave={onLeave} />;
    case "details":
      return <DiagnosticsDialog {...details} onClose={() => onClose(opened)} />;
    case "keys":
      return <KeysDialog onClose={() => onClose(opened)} />;
    default:
      return null;
  }
}
