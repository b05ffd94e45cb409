/** The dialogs of the room. They are part of the first load: a dialog opens also without a server. */

import type { ComponentProps } from "react";
import { DiagnosticsDialog } from "../connection/DiagnosticsDialog";
import { KeysDialog } from "../settings/KeysDialog";
import { SettingsDialog } from "../settings/SettingsDialog";

export type DialogName = "settings" | "details" | "keys";

type DialogsProps = {
  opened: DialogName | null;
  details: Omit<ComponentProps<typeof DiagnosticsDialog>, "onClose">;
  settings: Omit<ComponentProps<typeof SettingsDialog>, "onClose">;
  onClose: (dialog: DialogName) => void;
};

export function Dialogs({ opened, details, settings, onClose }: DialogsProps) {
  switch (opened) {
    case "settings":
      return <SettingsDialog {...settings} onClose={() => onClose(opened)} />;
    case "details":
      return <DiagnosticsDialog {...details} onClose={() => onClose(opened)} />;
    case "keys":
      return <KeysDialog onClose={() => onClose(opened)} />;
    default:
      return null;
  }
}
