/** Who I am here: name, devices, recovery code, and how to leave. */

import { useState } from "react";
import { isSomethingUnstored } from "../device/storage";
import { dayOf } from "../people/days";
import type { Identity, Self } from "../people/identity";
import { useAnswer } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { LinkRow } from "../ui/LinkRow";
import { AddDevice } from "./AddDevice";
import { Devices } from "./Devices";
import { ForgetMe } from "./ForgetMe";
import { OwnName } from "./OwnName";
import { AskForCode, ShownCode } from "./RecoveryCode";
import "../people/people.css";

const WORDS = STRINGS.you;

type Step = "you" | "device" | "code" | "forget";

type YouProps = {
  identity: Identity;
  self: Self;
  start?: Step;
  onClose: () => void;
  /** The person was forgotten, or leaves for another reason. */
  onLeave: () => void;
};

export function YouDialog({ identity, self, start = "you", onClose, onLeave }: YouProps) {
  const [step, setStep] = useState<Step>(start);
  const [hadCode] = useState(self.code !== null);
  const name = self.user?.username ?? "";
  const toYou = () => setStep("you");
  const back = step === "you" ? undefined : { label: WORDS.back, onClick: toYou };
  return (
    <Dialog
      title={titleOf(step, self, hadCode)}
      closeLabel={STRINGS.close}
      onClose={onClose}
      back={back}
    >
      {step === "you" && <Overview identity={identity} name={name} onStep={setStep} />}
      {step === "device" && <AddDevice identity={identity} />}
      {step === "code" && <Code {...{ identity, self, isNew: !hadCode }} onDone={toYou} />}
      {step === "forget" && (
        <ForgetMe identity={identity} name={name} onCancel={toYou} onForgotten={onLeave} />
      )}
    </Dialog>
  );
}

function titleOf(step: Step, { code }: Self, hadCode: boolean): string {
  if (step === "device") return STRINGS.addDevice.title;
  if (step === "forget") return STRINGS.forgetMe.title;
  if (step === "you") return WORDS.title;
  if (code === null) return STRINGS.recovery.ask;
  return hadCode ? STRINGS.recovery.title : STRINGS.recovery.newTitle;
}

type OverviewProps = { identity: Identity; name: string; onStep: (step: Step) => void };

function Overview({ identity, name, onStep }: OverviewProps) {
  const answered = useAnswer(() => identity.request({ action: "devices" }, "devices"));
  const madeAt = answered.frame?.recoveryAt;
  return (
    <>
      <OwnName key={name} identity={identity} name={name} />
      {isSomethingUnstored() && <p className="warn-note">{WORDS.unstored}</p>}
      {!globalThis.isSecureContext && <NotPrivate />}
      <Devices identity={identity} answered={answered} />
      <LinkRow
        icon={<Icon name="plus" />}
        title={WORDS.addDevice}
        onClick={() => onStep("device")}
      />
      <h3>{WORDS.ifLost}</h3>
      <LinkRow
        icon={<Icon name="key" />}
        title={WORDS.code}
        more={madeAt && WORDS.codeMade(dayOf(madeAt))}
        onClick={() => onStep("code")}
      />
      <h3>{WORDS.leave}</h3>
      <LinkRow
        icon={<Icon name="leave" />}
        title={WORDS.forgetMe}
        harm
        onClick={() => onStep("forget")}
      />
    </>
  );
}

function NotPrivate() {
  return (
    <div className="warn-note">
      <b>{WORDS.notPrivate}</b>
      <p>{WORDS.notPrivateWhy}</p>
    </div>
  );
}

type CodeProps = { identity: Identity; self: Self; isNew: boolean; onDone: () => void };

function Code({ identity, self: { code, user }, isNew, onDone }: CodeProps) {
  if (code === null) return <AskForCode identity={identity} onCancel={onDone} />;

  function kept() {
    identity.settledWayBack();
    onDone();
  }

  return <ShownCode code={code} name={user?.username ?? ""} isNew={isNew} onKept={kept} />;
}
