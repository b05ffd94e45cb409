/** What one sees of the page from elsewhere: the count in title and icon, and a notification if wanted. */

import { useEffect, useRef } from "react";
import { settingsNow } from "../settings/settings";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";

export function useTab(timeline: Timeline, unread: number): void {
  useEffect(() => {
    const title = STRINGS.tab.inRoom(timeline.room);
    document.title = unread > 0 ? STRINGS.tab.unread(unread, title) : title;
    showIcon(unread > 0);
    return () => {
      document.title = STRINGS.app;
      showIcon(false);
    };
  }, [timeline.room, unread]);
  useNotifications(timeline, unread);
}

function showIcon(unread: boolean): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = unread ? "./favicon-unread.svg" : "./favicon.svg";
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

function useNotifications({ messages, me, room, epoch }: Timeline, unread: number): void {
  const newest = messages.at(-1);
  // In which log, too: another one may begin lower.
  const told = useRef<{ epoch: string | null; seq: number } | null>(null);
  useEffect(() => {
    const isFirst = told.current?.epoch !== epoch;
    if (!newest || (!isFirst && newest.seq <= (told.current?.seq ?? -1))) return;
    told.current = { epoch, seq: newest.seq };
    const isTold = isFirst || unread === 0 || newest.userId === me?.userId;
    if (isTold || !document.hidden || !settingsNow().notify) return;
    notify(newest, room);
  }, [newest, unread, me, room, epoch]);
}

function notify(message: MessageFrame, room: string): void {
  try {
    const options = { body: message.message, tag: room, icon: "./favicon.svg" };
    const note = new Notification(STRINGS.tab.notification(message.username, room), options);
    note.onclick = () => {
      window.focus();
      note.close();
    };
  } catch {
    // Some phones have notifications for installed pages only.
  }
}
