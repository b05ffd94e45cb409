/** The dialogs of the room. Their code loads when one is opened for the first time. */

import { type ComponentProps, lazy, Suspense } from "react";

const SettingsDialog = lazy(async () => ({
  default: (await import("../settings/SettingsDialog")).SettingsDialog,
}));
const DiagnosticsDialog = lazy(async () => ({
  default: (await import("../connection/DiagnosticsDialog")).DiagnosticsDialog,
}));
const KeysDialog = lazy(async () => ({
  default: (await import("../settings/KeysDialog")).KeysDialog,
}));

export type DialogName = "settings" | "details" | "keys";

type DialogsProps = {
  opened: DialogName | null;
  details: Omit<ComponentProps<typeof DiagnosticsDialog>, "onClose">;
  onClose: (dialog: DialogName) => void;
  onLeave: () => void;
};

export function Dialogs({ opened, details, onClose, onLeave }: DialogsProps) {
  return (
    <Suspense>
      {opened === "settings" && (
        <SettingsDialog onClose={() => onClose("settings")} onLeave={onLeave} />
      )}
      {opened === "details" && (
        <DiagnosticsDialog {...details} onClose={() => onClose("details")} />
      )}
      {opened === "keys" && <KeysDialog onClose={() => onClose("keys")} />}
    </Suspense>
  );
}
