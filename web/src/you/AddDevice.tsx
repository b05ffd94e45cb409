/** Adds a device: this one shows a link, the new one opens it. An owner does it for others too. */

import { useEffect, useState } from "react";
import type { Identity } from "../people/identity";
import { deviceLinkOf } from "../people/links";
import { Problem } from "../people/Problem";
import { useAnswer } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { CopyButton } from "./CopyButton";
import { Qr } from "./Qr";

const WORDS = STRINGS.addDevice;

type AddDeviceProps = {
  identity: Identity;
  /** Whose device it will be, if not mine. */
  of?: { userId: string; username: string };
};

export function AddDevice({ identity, of }: AddDeviceProps) {
  const command = of === undefined ? {} : { person: of.userId };
  const ask = () => identity.request({ action: "deviceLink", ...command }, "deviceLink");
  const { frame, problem, show } = useAnswer(ask);
  if (!frame)
    return problem === null ? (
      <p className="note" role="status">
        {STRINGS.you.loading}
      </p>
    ) : (
      <Problem text={problem} />
    );
  const link = deviceLinkOf(frame.secret);
  return (
    <>
      <div className="scan">
        <Qr text={link} label={WORDS.qr} />
        <ol className="steps">
          {[...WORDS.steps, of ? WORDS.as(of.username) : WORDS.asYou].map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
      <div className="ask">
        <label htmlFor="device-link" className="cap">
          {WORDS.label}
        </label>
        <div className="pair-row">
          <input
            id="device-link"
            className="input"
            dir="ltr"
            readOnly
            value={link}
            onFocus={(event) => event.target.select()}
          />
          <CopyButton text={link} label={WORDS.copy} />
        </div>
        <Ending
          key={frame.secret}
          until={frame.expiresAt}
          keep={of ? WORDS.giveOnly(of.username) : WORDS.keep}
          onAgain={() => void ask().then(show)}
        />
      </div>
    </>
  );
}

/** How long a link is valid, also where this device's clock is wrong. */
const LONGEST_MS = 10 * 60_000;

type EndingProps = { until: string; keep: string; onAgain: () => void };

function Ending({ until, keep, onAgain }: EndingProps) {
  const [left, setLeft] = useState(LONGEST_MS);
  useEffect(() => {
    const told = Date.parse(until) - Date.now();
    const end = Date.now() + (told > 0 && told < LONGEST_MS ? told : LONGEST_MS);
    const count = () => setLeft(Math.max(0, end - Date.now()));
    count();
    const timer = setInterval(count, 1_000);
    return () => clearInterval(timer);
  }, [until]);
  if (left === 0)
    return (
      <p className="note" role="status">
        <span>{WORDS.over}</span>{" "}
        <button type="button" className="link" onClick={onAgain}>
          {WORDS.again}
        </button>
      </p>
    );
  const seconds = Math.ceil(left / 1_000);
  return (
    <p className="note">
      <span>{keep}</span>
      <span className="tnum">{WORDS.left(Math.floor(seconds / 60), seconds % 60)}</span>
    </p>
  );
}
