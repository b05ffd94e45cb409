/** A row that leads on: a picture, what it is, and more about it. */

import type { ReactNode } from "react";
import { Icon } from "./Icon";
import "./row.css";

type LinkRowProps = {
  icon: ReactNode;
  title: string;
  more?: string | undefined;
  harm?: boolean;
  onClick: () => void;
};

export function LinkRow({ icon, title, more, harm = false, onClick }: LinkRowProps) {
  return (
    <button type="button" className={harm ? "row bad" : "row"} onClick={onClick}>
      {icon}
      <span className="grow">
        <b>{title}</b>
        {more && <small>{more}</small>}
      </span>
      <Icon name="onwards" small />
    </button>
  );
}
