/** The room's name; on phones, where there is no sidebar, the connection and the buttons too. */

import type { ReactNode } from "react";
import { STRINGS } from "../strings";

type HeaderProps = { room: string; status: ReactNode; buttons: ReactNode };

export function Header({ room, status, buttons }: HeaderProps) {
  return (
    <header className="head">
      <div className="grow">
        <h1>
          <bdi>{STRINGS.room.title(room)}</bdi>
        </h1>
        <div className="head-status">{status}</div>
      </div>
      <div className="head-tools">{buttons}</div>
    </header>
  );
}
