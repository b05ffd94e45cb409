/** The page after joining: rooms at the side, messages and composer beside them. */

import { useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Visit } from "../chat";
import { Composer } from "../composer/Composer";
import { COMPOSER_ID } from "../composer/focusComposer";
import { Banner } from "../connection/Banner";
import type { State } from "../connection/machine";
import { useOutage } from "../connection/useOutage";
import { Announcer } from "../messages/Announcer";
import { MessageLog } from "../messages/MessageLog";
import { useSettings } from "../settings/settings";
import { STRINGS } from "../strings";
import { useTab } from "../tab/useTab";
import type { OutboxEntry, Timeline } from "../timeline/model";
import { useOrphanedOutbox } from "../timeline/useOrphanedOutbox";
import { useReadElsewhere } from "../timeline/useReadElsewhere";
import { LIMITS } from "../wire/frames";
import { ConnectionStatus, statusOf } from "./ConnectionStatus";
import { DialogButtons } from "./DialogButtons";
import { type DialogName, Dialogs } from "./Dialogs";
import { Header } from "./Header";
import { Sidebar } from "./Sidebar";
import { useDraft } from "./useDraft";
import { useShortcuts } from "./useShortcuts";
import "./room.css";

type RoomProps = {
  visit: Visit;
  connection: State;
  onLeave: () => void;
  onForget: () => void;
};

export function Room({ visit, connection, onLeave, onForget }: RoomProps) {
  const { client, store, username } = visit;
  const timeline = useSyncExternalStore(store.subscribe, store.getTimeline);
  const readState = useSyncExternalStore(store.subscribe, store.getReadState);
  const skipped = useSyncExternalStore(client.subscribe, client.getSkipped);
  const outage = useOutage(timeline.online);
  const [opened, setOpened] = useState<DialogName | null>(null);
  const { me, known } = useMe(timeline, username);
  useTab(timeline, readState.unread, store.claimNotification);
  useReadElsewhere(store.readElsewhere);
  useOrphanedOutbox(store.adopt);
  useShortcuts(() => setOpened("keys"));

  /** A dialog's close event comes late: by then another dialog may be open. */
  function closed(dialog: DialogName) {
    setOpened((now) => (now === dialog ? null : now));
  }

  const status = <ConnectionStatus connection={connection} outage={outage} />;
  const buttons = <DialogButtons onOpen={setOpened} />;
  return (
    <div className="app">
      <a className="skip" href={`#${COMPOSER_ID}`}>
        {STRINGS.room.skip}
      </a>
      <Sidebar room={timeline.room} me={me} status={status} buttons={buttons} />
      <main className="room">
        <Header room={timeline.room} status={status} buttons={buttons} />
        <Banner connection={connection} outage={outage} onRetry={client.retry} />
        <Conversation visit={visit} timeline={known} isUp={outage === "none"} />
        <Announcer timeline={timeline} />
      </main>
      <Dialogs
        opened={opened}
        details={{ timeline, skipped, status: STRINGS.connection[statusOf(connection, outage)] }}
        settings={{ onLeave, onForget, countUnsent: visit.countUnsent }}
        onClose={closed}
      />
    </div>
  );
}

type ConversationProps = { visit: Visit; timeline: Timeline; isUp: boolean };

/** The messages and the composer, between which a failed message can go back. */
function Conversation({ visit: { store, username }, timeline, isUp }: ConversationProps) {
  const readState = useSyncExternalStore(store.subscribe, store.getReadState);
  const { enterAddsLine } = useSettings();
  const [text, setText] = useDraft(username, timeline.room);
  const field = useRef<HTMLTextAreaElement>(null);

  function edit(entry: OutboxEntry) {
    store.discard(entry.nonce);
    setText(text === "" ? entry.text : `${text}\n${entry.text}`);
    field.current?.focus();
  }

  return (
    <>
      <MessageLog
        timeline={timeline}
        readState={readState}
        onViewed={store.viewed}
        onOlder={store.fetchOlder}
        onRetry={store.retry}
        onEdit={edit}
        onDiscard={store.discard}
      />
      <Composer
        room={timeline.room}
        text={text}
        limit={LIMITS.textCharacters}
        online={isUp}
        enterAddsLine={enterAddsLine}
        field={field}
        onText={setText}
        onSend={store.write}
      />
    </>
  );
}

/** Before the server's greeting I am the name I joined with, so that my first messages show. */
function useMe(timeline: Timeline, username: string) {
  return useMemo(() => {
    const me = timeline.me ?? { userId: username, username };
    return { me, known: timeline.me ? timeline : { ...timeline, me } };
  }, [timeline, username]);
}
