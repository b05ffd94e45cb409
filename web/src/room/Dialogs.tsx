/** The dialogs of the room. Their code loads after the first messages, so that those come sooner. */

import { type ComponentProps, lazy, Suspense, useEffect, useState } from "react";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { PartFailed } from "./PartFailed";

const loadSettings = () => import("../settings/SettingsDialog");
const loadDetails = () => import("../connection/DiagnosticsDialog");
const loadKeys = () => import("../settings/KeysDialog");

/** Made anew for each try, because React keeps the failure of a lazy component for ever. */
function lateDialogs() {
  return {
    Settings: lazy(async () => ({ default: (await loadSettings()).SettingsDialog })),
    Details: lazy(async () => ({ default: (await loadDetails()).DiagnosticsDialog })),
    Keys: lazy(async () => ({ default: (await loadKeys()).KeysDialog })),
  };
}

/** Load them once the user is inside: when one is opened, the server may be away. */
export function useLoadedDialogs(isInside: boolean): void {
  useEffect(() => {
    if (!isInside) return;
    // What fails here is loaded again when it is opened.
    for (const load of [loadSettings, loadDetails, loadKeys]) load().catch(() => {});
  }, [isInside]);
}

export type DialogName = "settings" | "details" | "keys";

type DetailsProps = ComponentProps<Awaited<ReturnType<typeof loadDetails>>["DiagnosticsDialog"]>;

type DialogsProps = {
  opened: DialogName | null;
  details: Omit<DetailsProps, "onClose">;
  onClose: (dialog: DialogName) => void;
  onLeave: () => void;
};

export function Dialogs({ opened, ...props }: DialogsProps) {
  return opened && <OpenedDialog key={opened} opened={opened} {...props} />;
}

type OpenedProps = DialogsProps & { opened: DialogName };

function OpenedDialog({ opened, details, onClose, onLeave }: OpenedProps) {
  const [late, setLate] = useState(lateDialogs);
  const close = () => onClose(opened);

  function failed(retry: () => void) {
    const onRetry = () => {
      setLate(lateDialogs());
      retry();
    };
    return <PartFailed onRetry={onRetry} onClose={close} />;
  }

  return (
    <ErrorBoundary fallback={failed}>
      <Suspense>
        {opened === "settings" && <late.Settings onClose={close} onLeave={onLeave} />}
        {opened === "details" && <late.Details {...details} onClose={close} />}
        {opened === "keys" && <late.Keys onClose={close} />}
      </Suspense>
    </ErrorBoundary>
  );
}
