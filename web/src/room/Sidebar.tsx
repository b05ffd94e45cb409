/** The rooms, and below them the user with the state of the connection. */

import type { ReactNode } from "react";
import { STRINGS } from "../strings";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import type { User } from "../wire/frames";

type SidebarProps = {
  room: string;
  me: User;
  status: ReactNode;
  buttons: ReactNode;
  wayBack: ReactNode;
  onYou: () => void;
};

export function Sidebar({ room, me, status, buttons, wayBack, onYou }: SidebarProps) {
  return (
    <aside className="side" aria-label={STRINGS.room.side}>
      <div className="brand">
        <Mark />
        <b>{STRINGS.app}</b>
      </div>
      <nav className="nav" aria-label={STRINGS.room.rooms}>
        <h2>{STRINGS.room.rooms}</h2>
        <ul>
          <li aria-current="page">
            <Icon name="hash" />
            <span>{room}</span>
          </li>
        </ul>
      </nav>
      {wayBack}
      <div className="me">
        <Avatar id={me.userId} name={me.username} />
        <div>
          {me.claimed ? (
            <button type="button" className="own-name" aria-haspopup="dialog" onClick={onYou}>
              <bdi>{me.username}</bdi>
            </button>
          ) : (
            <b>
              <bdi>{me.username}</bdi>
            </b>
          )}
          {status}
        </div>
        {buttons}
      </div>
    </aside>
  );
}
