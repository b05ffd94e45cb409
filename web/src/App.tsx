/** The door or the room: whichever the connection says. */

import { useState } from "react";
import { type Visit, visit } from "./chat";
import type { World } from "./connection/client";
import { isInside } from "./connection/machine";
import { useConnection } from "./connection/useConnection";
import { Join } from "./join/Join";
import { Room } from "./Room";

export function App({ world }: { world?: World }) {
  const [present, setPresent] = useState<Visit | null>(null);
  const connection = useConnection(present?.client ?? null);

  if (present && isInside(connection))
    return <Room visit={present} connection={connection} onLeave={() => setPresent(null)} />;
  return <Join connection={connection} onJoin={(name) => setPresent(visit(name, world))} />;
}
