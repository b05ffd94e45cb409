/** The dialogs of the room. Those that work without a server are part of the first load. */

import { type ComponentProps, lazy, Suspense } from "react";
import { DiagnosticsDialog } from "../connection/DiagnosticsDialog";
import type { Author } from "../moderation/author";
import type { Identity, Self } from "../people/identity";
import { KeysDialog } from "../settings/KeysDialog";
import { SettingsDialog } from "../settings/SettingsDialog";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";
import { ErrorBoundary } from "../ui/ErrorBoundary";

const loadPeople = () => import("./PeopleDialogs");
const PeopleDialogs = lazy(loadPeople);

/** Load the other dialogs while there is a server. */
export function preloadDialogs(): void {
  loadPeople().catch(() => {}); // tried again when one is opened
}

/** `recovery`: the code. An author: what a moderator can do about them. */
export type Opened = "settings" | "details" | "keys" | "you" | "recovery" | "moderation" | Author;

type DialogsProps = {
  opened: Opened | null;
  identity: Identity;
  self: Self;
  nameOf: (userId: string) => string;
  details: Omit<ComponentProps<typeof DiagnosticsDialog>, "onClose">;
  settings: Omit<ComponentProps<typeof SettingsDialog>, "user" | "onClose" | "onOpen">;
  onOpen: (dialog: Opened) => void;
  onClose: (dialog: Opened) => void;
};

export function Dialogs({ opened, details, settings, onOpen, onClose, ...people }: DialogsProps) {
  if (opened === null) return null;
  const close = () => onClose(opened);
  switch (opened) {
    case "settings":
      return (
        <SettingsDialog {...settings} user={people.self.user} onOpen={onOpen} onClose={close} />
      );
    case "details":
      return <DiagnosticsDialog {...details} onClose={close} />;
    case "keys":
      return <KeysDialog onClose={close} />;
    default:
      return (
        <ErrorBoundary fallback={() => <NotLoaded onClose={close} />}>
          <Suspense>
            <PeopleDialogs {...people} opened={opened} onLeave={settings.onLeave} onClose={close} />
          </Suspense>
        </ErrorBoundary>
      );
  }
}

function NotLoaded({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={STRINGS.you.title} closeLabel={STRINGS.close} onClose={onClose}>
      <p role="alert">{STRINGS.you.notLoaded}</p>
    </Dialog>
  );
}
