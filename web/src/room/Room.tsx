/** The room one is in: its people's words, one's own, and how the line is. */

import { lazy, Suspense, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Visit } from "../chat";
import { Composer } from "../composer/Composer";
import { Banner } from "../connection/Banner";
import { isBlocked, type State } from "../connection/machine";
import { type Outage, useOutage } from "../connection/useOutage";
import { keepHere, keptHere } from "../device/storage";
import { Announcer } from "../messages/Announcer";
import { Timeline } from "../messages/MessageLog";
import { useSettings } from "../settings/settings";
import { STRINGS } from "../strings";
import { useTab } from "../tab/useTab";
import type { Draft, Timeline as RoomTimeline } from "../timeline/model";
import { useAdoption } from "../timeline/useOrphanedDrafts";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import { LIMITS } from "../wire/frames";
import "./room.css";

/** Dialogs load when somebody opens one. */
const SettingsDialog = lazy(async () => ({
  default: (await import("../settings/SettingsDialog")).SettingsDialog,
}));
const DiagnosticsDialog = lazy(async () => ({
  default: (await import("../connection/DiagnosticsDialog")).DiagnosticsDialog,
}));
const KeysDialog = lazy(async () => ({
  default: (await import("../settings/KeysDialog")).KeysDialog,
}));

type Opened = "settings" | "diagnostics" | "keys" | null;

type RoomProps = { visit: Visit; connection: State; onLeave: () => void };

export function Room({ visit, connection, onLeave }: RoomProps) {
  const { client, store } = visit;
  const timeline = useSyncExternalStore(store.subscribe, store.getTimeline);
  const outage = useOutage(timeline.online);
  const field = useRef<HTMLTextAreaElement>(null);
  const reading = useSyncExternalStore(store.subscribe, store.getReading);
  const { enterBreaks } = useSettings();
  const [text, setText] = useDraft(visit.username, timeline.room);
  const [opened, setOpened] = useState<Opened>(null);
  const skipped = useSyncExternalStore(client.subscribe, client.getSkipped);
  useTab(timeline, reading.unread);
  useAdoption(store.adopt);
  useRoomKeys(() => setOpened("keys"));
  const { me, known } = useMe(timeline, visit.username);

  /** The browser tells late that one closed: another may be open by then. */
  function closed(dialog: Opened) {
    setOpened((now) => (now === dialog ? null : now));
  }

  function edit(draft: Draft) {
    store.discard(draft.nonce);
    setText(text === "" ? draft.text : `${text}\n${draft.text}`);
    field.current?.focus();
  }

  return (
    <div className="app">
      <a className="skip" href="#composer">
        {STRINGS.room.skip}
      </a>
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
          <Tools onOpen={setOpened} />
        </div>
      </aside>
      <main className="room">
        <header className="head">
          <div className="grow">
            <h1>
              <bdi>{STRINGS.room.title(timeline.room)}</bdi>
            </h1>
            <div className="head-status">
              <Status connection={connection} outage={outage} />
            </div>
          </div>
          <div className="head-tools">
            <Tools onOpen={setOpened} />
          </div>
        </header>
        <Banner connection={connection} outage={outage} onRetry={client.retry} />
        <Timeline
          timeline={known}
          reading={reading}
          onAttend={store.attend}
          onOlder={store.fetchOlder}
          onRetry={store.retry}
          onEdit={edit}
          onDiscard={store.discard}
        />
        <Composer
          room={timeline.room}
          text={text}
          limit={LIMITS.textCharacters}
          online={outage === "none"}
          enterBreaks={enterBreaks}
          field={field}
          onText={setText}
          onSend={store.write}
        />
        <Announcer timeline={timeline} />
      </main>
      <Suspense>
        {opened === "settings" && (
          <SettingsDialog onClose={() => closed("settings")} onLeave={onLeave} />
        )}
        {opened === "diagnostics" && (
          <DiagnosticsDialog
            timeline={timeline}
            skipped={skipped}
            words={statusOf(connection, outage)[0]}
            onClose={() => closed("diagnostics")}
          />
        )}
        {opened === "keys" && <KeysDialog onClose={() => closed("keys")} />}
      </Suspense>
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
  if (connection.name === "closed" || isBlocked(connection))
    return [STRINGS.line.disconnected, "off"];
  return outage === "none" ? [STRINGS.line.connected, "on"] : [STRINGS.line.reconnecting, "wait"];
}

function Tools({ onOpen }: { onOpen: (dialog: Opened) => void }) {
  return (
    <>
      <button
        type="button"
        className="icon-btn"
        aria-label={STRINGS.details.title}
        onClick={() => onOpen("diagnostics")}
      >
        <Icon name="signal" />
      </button>
      <button
        type="button"
        className="icon-btn"
        aria-label={STRINGS.settings.title}
        onClick={() => onOpen("settings")}
      >
        <Icon name="settings" />
      </button>
    </>
  );
}

/** Until the server has greeted me I am who I said at the door, so that my first words show. */
function useMe(timeline: RoomTimeline, username: string) {
  return useMemo(() => {
    const me = timeline.me ?? { userId: username, username };
    return { me, known: timeline.me ? timeline : { ...timeline, me } };
  }, [timeline, username]);
}

/** What is half written outlives a reload, a lost line and a change of name's second thoughts. */
function useDraft(name: string, room: string): [string, (text: string) => void] {
  const key = `draft.${name}/${room}`;
  const [text, setText] = useState(() => keptHere(key) ?? "");
  return [
    text,
    (next) => {
      setText(next);
      keepHere(key, next === "" ? null : next);
    },
  ];
}

/** With a modifier, so that nobody who dictates or brushes a key is thrown into a dialog. */
function isHelpKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return key === "/" && (ctrlKey || metaKey) && !altKey;
}

function useRoomKeys(onHelp: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      const writing = event.target instanceof Element && event.target.matches("input,textarea");
      if (event.key === "Escape" && !writing) document.getElementById("composer")?.focus();
      if (!isHelpKey(event)) return;
      event.preventDefault();
      onHelp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
