/** The dialogs about people, myself among them: loaded on demand, as all of them ask the server. */

import type { Author } from "../moderation/author";
import { ModerationDialog } from "../moderation/ModerationDialog";
import { PersonDialog } from "../moderation/PersonDialog";
import type { Identity, Self } from "../people/identity";
import { YouDialog } from "../you/YouDialog";

type PeopleDialogsProps = {
  opened: "you" | "recovery" | "moderation" | Author;
  identity: Identity;
  self: Self;
  nameOf: (userId: string) => string;
  onLeave: () => void;
  onClose: () => void;
};

// biome-ignore lint/style/noDefaultExport: React loads a default export on demand
export default function PeopleDialogs({ opened, ...props }: PeopleDialogsProps) {
  const { identity, self, nameOf, onLeave, onClose } = props;
  switch (opened) {
    case "you":
      return <YouDialog key="you" {...{ identity, self, onLeave, onClose }} />;
    case "recovery":
      return <YouDialog key="code" start="code" {...{ identity, self, onLeave, onClose }} />;
    case "moderation":
      return <ModerationDialog {...{ identity, nameOf, onClose }} />;
    default:
      return <PersonDialog author={opened} me={self.user} {...{ identity, onClose }} />;
  }
}
