/** What a moderator can do about somebody: silence, ban; owners also name moderators, and help. */

import { useState } from "react";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import type { Outcome } from "../people/requests";
import { problemOf } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { LinkRow } from "../ui/LinkRow";
import type { ClientCommand, PersonFrame, User } from "../wire/frames";
import { AddDevice } from "../you/AddDevice";
import type { Author } from "./author";
import { Ban } from "./Ban";
import { Silence } from "./Silence";
import "../people/people.css";

const WORDS = STRINGS.moderation;

type Step = "choice" | "silence" | "ban" | "device";

type PersonDialogProps = {
  author: Author;
  me: User | null;
  identity: Identity;
  onClose: () => void;
};

export function PersonDialog({ author, me, identity, onClose }: PersonDialogProps) {
  const [step, setStep] = useState<Step>("choice");
  const [problem, setProblem] = useState<string | null>(null);
  const { username: name, userId: person } = author;

  async function carryOut(command: ClientCommand, done: string) {
    const outcome: Outcome<PersonFrame> = await identity.request(command, "person");
    setProblem(problemOf(outcome));
    if (!outcome.ok) return;
    identity.note({ kind: "said", text: done });
    onClose();
  }

  const question = step === "silence" || step === "ban" ? { asks: "deed" } : {};
  const back =
    step === "device" ? { back: { label: WORDS.toChoice, onClick: () => setStep("choice") } } : {};
  return (
    <Dialog
      title={titleOf(step, name)}
      closeLabel={STRINGS.close}
      onClose={onClose}
      {...question}
      {...back}
    >
      {step === "choice" && (
        <Choice
          isOwner={me?.role === "owner" && !author.unclaimed}
          canSilence={!author.unclaimed}
          onStep={setStep}
          onRole={(role) => {
            const done = role === "moderator" ? WORDS.isModerator(name) : WORDS.isMember(name);
            void carryOut({ action: "promote", person, role }, done);
          }}
        />
      )}
      {step === "silence" && (
        <Silence
          name={name}
          onSilence={(seconds) =>
            void carryOut({ action: "mute", person, seconds }, WORDS.silenced(name))
          }
        />
      )}
      {step === "ban" && (
        <Ban
          author={author}
          onBan={(reason) =>
            void carryOut({ action: "ban", person, ...reason }, WORDS.banned(name))
          }
        />
      )}
      {step === "device" && <AddDevice identity={identity} of={author} />}
      <Problem text={problem} />
    </Dialog>
  );
}

function titleOf(step: Step, name: string): string {
  if (step === "silence") return WORDS.silenceTitle(name);
  if (step === "device") return WORDS.helpBackTitle(name);
  return step === "ban" ? WORDS.banTitle(name) : name;
}

type ChoiceProps = {
  isOwner: boolean;
  canSilence: boolean;
  onStep: (step: Step) => void;
  onRole: (role: "moderator" | "member") => void;
};

function Choice({ isOwner, canSilence, onStep, onRole }: ChoiceProps) {
  return (
    <>
      {isOwner && (
        <>
          <LinkRow
            icon={<Icon name="key" />}
            title={WORDS.makeModerator}
            onClick={() => onRole("moderator")}
          />
          <LinkRow
            icon={<Icon name="people" />}
            title={WORDS.makeMember}
            onClick={() => onRole("member")}
          />
          <LinkRow
            icon={<Icon name="phone" />}
            title={WORDS.helpBack}
            onClick={() => onStep("device")}
          />
        </>
      )}
      {canSilence && (
        <LinkRow
          icon={<Icon name="clock" />}
          title={WORDS.silence}
          harm
          onClick={() => onStep("silence")}
        />
      )}
      <LinkRow icon={<Icon name="ban" />} title={WORDS.ban} harm onClick={() => onStep("ban")} />
    </>
  );
}
