/** The page after joining: rooms at the side, messages and composer beside them. */

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Visit } from "../chat";
import { Composer } from "../composer/Composer";
import { COMPOSER_ID } from "../composer/focusComposer";
import { Banner } from "../connection/Banner";
import type { State } from "../connection/machine";
import { useOutage } from "../connection/useOutage";
import { Announcer } from "../messages/Announcer";
import { MessageLog } from "../messages/MessageLog";
import type { Author } from "../moderation/author";
import { mayModerate } from "../moderation/rank";
import { Toast } from "../people/Toast";
import { useMuted } from "../people/useMuted";
import { WayBack } from "../people/WayBack";
import { useSettings } from "../settings/settings";
import { STRINGS } from "../strings";
import { useTab } from "../tab/useTab";
import type { OutboxEntry, Timeline } from "../timeline/model";
import { useOrphanedOutbox } from "../timeline/useOrphanedOutbox";
import { useReadElsewhere } from "../timeline/useReadElsewhere";
import { LIMITS, type User } from "../wire/frames";
import { ConnectionStatus, statusOf } from "./ConnectionStatus";
import { DialogButtons } from "./DialogButtons";
import { Dialogs, type Opened, preloadDialogs } from "./Dialogs";
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
  const { client, store, identity, username } = visit;
  const timeline = useSyncExternalStore(store.subscribe, store.getTimeline);
  const readState = useSyncExternalStore(store.subscribe, store.getReadState);
  const skipped = useSyncExternalStore(client.subscribe, client.getSkipped);
  const self = useSyncExternalStore(identity.subscribe, identity.getSelf);
  const outage = useOutage(timeline.online);
  const [opened, setOpened] = useState<Opened | null>(null);
  const { me, known } = useMe(timeline, username);
  useTab(timeline, readState.unread, store.claimNotification);
  useReadElsewhere(store.readElsewhere);
  useOrphanedOutbox(store.adopt);
  useShortcuts(() => setOpened("keys"));
  useEffect(() => {
    if (self.claims) preloadDialogs();
  }, [self.claims]);

  /** A dialog's close event comes late: by then another dialog may be open. */
  function closed(dialog: Opened) {
    setOpened((now) => (now === dialog ? null : now));
  }

  const status = <ConnectionStatus connection={connection} outage={outage} />;
  const buttons = <DialogButtons onOpen={setOpened} />;
  const wayBack = (
    <WayBack self={self} onKeep={() => setOpened("recovery")} onNotNow={identity.postponeWayBack} />
  );
  const onYou = () => setOpened("you");
  return (
    <div className="app">
      <a className="skip" href={`#${COMPOSER_ID}`}>
        {STRINGS.room.skip}
      </a>
      <Sidebar room={timeline.room} {...{ me, status, buttons, wayBack, onYou }} />
      <main className="room">
        <Header room={timeline.room} status={status} buttons={buttons} wayBack={wayBack} />
        <Banner connection={connection} outage={outage} onRetry={client.retry} />
        <Conversation
          visit={visit}
          timeline={known}
          isUp={outage === "none"}
          onAuthor={mayModerate(self.user) ? setOpened : null}
        />
        <Toast identity={identity} notice={self.notice} />
        <Announcer timeline={timeline} />
      </main>
      <Dialogs
        {...{ opened, identity, self }}
        nameOf={(userId) => nameOf(userId, known)}
        details={{ timeline, skipped, status: STRINGS.connection[statusOf(connection, outage)] }}
        settings={{ onLeave, onForget, countUnsent: visit.countUnsent }}
        onOpen={setOpened}
        onClose={closed}
      />
    </div>
  );
}

type ConversationProps = {
  visit: Visit;
  timeline: Timeline;
  isUp: boolean;
  /** What a moderator does about an author begins here. */
  onAuthor: ((author: Author) => void) | null;
};

/** The messages and the composer, between which a failed message can go back. */
function Conversation({ visit, timeline, isUp, onAuthor }: ConversationProps) {
  const { store, username } = visit;
  const readState = useSyncExternalStore(store.subscribe, store.getReadState);
  const { enterAddsLine } = useSettings();
  const mutedUntil = useMuted(timeline.me);
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
        onAuthor={onAuthor}
      />
      <Composer
        room={timeline.room}
        text={text}
        limit={LIMITS.textCharacters}
        online={isUp}
        enterAddsLine={enterAddsLine}
        mutedUntil={mutedUntil}
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
    const nobody: User = { userId: username, username, claimed: false, role: "member" };
    const me = timeline.me ?? nobody;
    return { me, known: timeline.me ? timeline : { ...timeline, me } };
  }, [timeline, username]);
}

/** The last name of an author that this page holds; an id begins with a name. */
function nameOf(userId: string, { me, messages }: Timeline): string {
  if (me?.userId === userId) return me.username;
  const said = messages.findLast((message) => message.userId === userId);
  return said?.username ?? userId.split("~")[0] ?? userId;
}
