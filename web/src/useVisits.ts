/** Who this page is in the chat, and how one comes and goes. */

import { useState } from "react";
import { type Platform, type Visit, visit } from "./chat";
import { rememberLeft, rememberName, returningName } from "./join/remembered";
import { type Arrival, arrivalByCode, arrivalByLink } from "./people/arrival";
import { storeDeviceLink, storedDeviceLink } from "./people/links";

/** Somebody who has a name here already, at the door; `name` is null while it is not known. */
type Back = { by: Arrival["kind"]; name: string | null; arrival: Arrival | null };

export function useVisits(platform: Platform) {
  const [back, setBack] = useState<Back | null>(() => linkedBack(platform));
  const [current, setCurrent] = useState<Visit | null>(() =>
    back === null ? returningVisit(platform) : null,
  );

  function join(name: string) {
    setBack(null);
    setCurrent(visit(name, platform));
  }

  function giveUp() {
    storeDeviceLink(null);
    setBack(null);
  }

  function erase() {
    setCurrent(null);
    void platform.forget();
  }

  return {
    current,
    back,
    join,
    giveUp,
    leave() {
      rememberLeft();
      setCurrent(null);
    },
    forget() {
      void farewell(current).then(erase);
    },
    /** Another tab has forgotten this device, and said farewell. */
    erase,
    /** The name is mine: the link or the code is to be shown. */
    returnBy(by: Arrival["kind"], name: string) {
      setCurrent(null);
      setBack({ by, name, arrival: null });
    },
    tryBack(secret: string) {
      if (back) setBack({ ...back, arrival: arrivalBy(back, secret, platform) });
    },
    continueAs(name: string) {
      rememberName(name);
      join(name);
    },
    /** A link was opened while the page was open; `device`: it adds this device. */
    linked(device: boolean) {
      void current?.identity.own();
      if (!device) return;
      setCurrent(null);
      setBack(linkedBack(platform));
    },
  };
}

/** By a link that was opened, and not used before a reload. */
function linkedBack(platform: Platform): Back | null {
  const secret = storedDeviceLink();
  if (secret === null) return null;
  return { by: "link", name: null, arrival: arrivalByLink(secret, platform) };
}

function arrivalBy({ by, name }: Back, secret: string, platform: Platform): Arrival {
  if (by === "code") return arrivalByCode(name ?? "", secret, platform);
  storeDeviceLink(secret);
  return arrivalByLink(secret, platform);
}

function returningVisit(platform: Platform): Visit | null {
  const name = returningName();
  return name === null ? null : visit(name, platform, true);
}

const LONGEST_FAREWELL_MS = 2_000;

/** End this device on the server, too, without waiting long for one that does not answer. */
async function farewell(current: Visit | null): Promise<void> {
  if (!current?.identity.getSelf().user?.claimed) return;
  const waiting = new Promise((resolve) => setTimeout(resolve, LONGEST_FAREWELL_MS));
  await Promise.race([current.identity.signOut(), waiting]);
}
