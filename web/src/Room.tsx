/** The room one is in: its people's words, one's own, and how the line is. */

import { useRef, useState, useSyncExternalStore } from "react";
import type { Visit } from "./chat";
import { Banner } from "./connection/Banner";
import type { State } from "./connection/machine";
import { type Outage, useOutage } from "./connection/useOutage";
import { Announcer } from "./timeline/Announcer";
import { Composer } from "./timeline/Composer";
import { Timeline } from "./timeline/Timeline";
import type { Draft } from "./timeline/timeline";
import { Avatar } from "./ui/Avatar";
import { Icon } from "./ui/Icon";
import { Mark } from "./ui/Mark";
import { LIMITS } from "./wire/frames";
import "./room.css";

type RoomProps = { visit: Visit; connection: State; onLeave: () => void };

export function Room({ visit, connection, onLeave }: RoomProps) {
  const { client, store } = visit;
  const timeline = useSyncExternalStore(store.subscribe, store.getTimeline);
  const outage = useOutage(connection.name === "open");
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const me = timeline.me ?? { userId: visit.username, username: visit.username };

  function edit(draft: Draft) {
    store.discard(draft.nonce);
    setText((now) => (now === "" ? draft.text : `${now}\n${draft.text}`));
    field.current?.focus();
  }

  return (
    <div className="app">
      <title>{`#${timeline.room} · Fireside`}</title>
      <aside className="side" aria-label="Rooms and you">
        <div className="brand">
          <Mark />
          <b>Fireside</b>
        </div>
        <nav className="nav" aria-label="Rooms">
          <h2>Rooms</h2>
          <ul>
            <li aria-current="page">
              <Icon name="hash" />
              {timeline.room}
            </li>
          </ul>
        </nav>
        <div className="me">
          <Avatar id={me.userId} name={me.username} />
          <div>
            <b>
              <bdi>{me.username}</bdi>
            </b>
            <Status connection={connection} outage={outage} />
          </div>
          <Leave onClick={onLeave} />
        </div>
      </aside>
      <main className="room">
        <header className="head">
          <div className="grow">
            <h1>
              <bdi># {timeline.room}</bdi>
            </h1>
            <div className="head-status">
              <Status connection={connection} outage={outage} />
            </div>
          </div>
          <div className="head-leave">
            <Leave onClick={onLeave} />
          </div>
        </header>
        <Banner connection={connection} outage={outage} onRetry={client.retry} />
        <Timeline
          timeline={timeline}
          onOlder={store.fetchOlder}
          onRetry={store.retry}
          onEdit={edit}
          onDiscard={store.discard}
        />
        <Composer
          room={timeline.room}
          text={text}
          limit={LIMITS.textCharacters}
          online={connection.name === "open" || outage === "none"}
          field={field}
          onText={setText}
          onSend={store.write}
        />
        <Announcer timeline={timeline} />
      </main>
    </div>
  );
}

function Status({ connection, outage }: { connection: State; outage: Outage }) {
  const [words, look] = statusOf(connection, outage);
  return (
    <small>
      <span className="dot" data-look={look} />
      {words}
    </small>
  );
}

function statusOf(connection: State, outage: Outage): [words: string, look: "on" | "wait" | "off"] {
  if (connection.name === "closed") return ["Disconnected", "off"];
  return outage === "none" ? ["Connected", "on"] : ["Reconnecting", "wait"];
}

function Leave({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="icon-btn" aria-label="Leave and change name" onClick={onClick}>
      <Icon name="leave" />
    </button>
  );
}
