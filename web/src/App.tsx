/** The door or the room: whichever the connection says. */

import { useEffect, useState } from "react";
import { browserHome, type Home, type Visit, visit } from "./chat";
import { takeInvite } from "./connection/invite";
import { isInside } from "./connection/machine";
import { useConfig } from "./connection/useConfig";
import { useConnection } from "./connection/useConnection";
import { Join } from "./join/Join";
import { rememberInside, rememberLeft, returningName } from "./join/remembered";
import { Room } from "./room/Room";
import { useOtherTabsChoices } from "./settings/settings";

export function App({ home: given }: { home?: Home }) {
  const [home] = useState(() => given ?? browserHome());
  const [present, setPresent] = useState<Visit | null>(() => returning(home));
  const connection = useConnection(present?.client ?? null);
  const inside = present !== null && isInside(connection);
  const config = useConfig(home.world.config, connection.name === "refused");
  useOtherTabsChoices();
  useInviteLinks(() => present?.client.retry());

  useEffect(() => {
    if (connection.name === "open" && present) rememberInside(present.username);
    if (connection.name === "refused") rememberLeft();
  }, [connection.name, present]);

  function leave() {
    rememberLeft();
    setPresent(null);
  }

  if (inside) return <Room visit={present} connection={connection} onLeave={leave} />;
  return (
    <Join
      connection={connection}
      asksInvite={config.invite === "required"}
      onJoin={(name) => setPresent(visit(name, home))}
    />
  );
}

/** A link that is opened while the page is: only the fragment changes, so nothing loads anew. */
function useInviteLinks(onInvite: () => void) {
  const [, setTaken] = useState(0);
  useEffect(() => {
    const look = () => {
      if (!takeInvite()) return;
      setTaken((times) => times + 1);
      onInvite();
    };
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  });
}

function returning(home: Home): Visit | null {
  const name = returningName();
  return name === null ? null : visit(name, home, true);
}
