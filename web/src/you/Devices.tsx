/** My devices: which, since when, and how to end one. */

import { isHandheld } from "../device/label";
import { dayNamed, dayOf, isToday } from "../people/days";
import type { Identity } from "../people/identity";
import { Problem } from "../people/Problem";
import type { Answered } from "../people/useAnswer";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import type { Device, DevicesFrame } from "../wire/frames";

const WORDS = STRINGS.you;

type DevicesProps = { identity: Identity; answered: Answered<DevicesFrame> };

export function Devices({ identity, answered: { frame, problem, show } }: DevicesProps) {
  function signOut(device: string) {
    void identity.request({ action: "revokeDevice", device }, "devices").then(show);
  }

  return (
    <>
      <h3>{WORDS.devices}</h3>
      {frame === null && problem === null && <p className="note">{WORDS.loading}</p>}
      <ul>
        {frame?.devices.map((device) => (
          <DeviceRow key={device.device} device={device} onSignOut={signOut} />
        ))}
      </ul>
      <Problem text={problem} />
    </>
  );
}

type DeviceRowProps = { device: Device; onSignOut: (device: string) => void };

function DeviceRow({ device, onSignOut }: DeviceRowProps) {
  const label = device.label || STRINGS.device.unnamed;
  return (
    <li className="row">
      <Icon name={isHandheld(label) ? "phone" : "laptop"} />
      <div className="grow">
        <b>
          <bdi>{label}</bdi>
        </b>
        <small>{presenceOf(device)}</small>
      </div>
      {!device.here && (
        <button
          type="button"
          className="btn plain"
          aria-label={WORDS.signOutOf(label)}
          onClick={() => onSignOut(device.device)}
        >
          {WORDS.signOut}
        </button>
      )}
    </li>
  );
}

function presenceOf({ here, addedAt, lastDay }: Device): string {
  if (here) return WORDS.here(dayOf(addedAt));
  return isToday(lastDay) ? WORDS.today : WORDS.lastHere(dayNamed(lastDay));
}
