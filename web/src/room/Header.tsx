/** The room's name; on phones, where there is no sidebar, what else stands there, too. */

import type { ReactNode } from "react";
import { STRINGS } from "../strings";

type HeaderProps = { room: string; status: ReactNode; buttons: ReactNode; wayBack: ReactNode };

export function Header({ room, status, buttons, wayBack }: HeaderProps) {
  return (
    <div className="top">
      <header className="head">
        <div className="grow">
          <h1>
            <bdi>{STRINGS.room.title(room)}</bdi>
          </h1>
          <div className="head-status">{status}</div>
        </div>
        <div className="head-tools">{buttons}</div>
      </header>
      <div className="head-bar">{wayBack}</div>
    </div>
  );
}
