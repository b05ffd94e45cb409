/** What one sees of the page from elsewhere: the count in title and icon, and a notification if wanted. */

import { useEffect, useRef } from "react";
import { settingsNow } from "../settings/settings";
import type { Timeline } from "../timeline/timeline";
import { STRINGS } from "../ui/strings";
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

function useNotifications({ messages, me, room }: Timeline, unread: number): void {
  const newest = messages.at(-1);
  const told = useRef<number | null>(null);
  useEffect(() => {
    if (!newest || newest.seq <= (told.current ?? -1)) return;
    const isFirst = told.current === null;
    told.current = newest.seq;
    const isTold = isFirst || unread === 0 || newest.userId === me?.userId;
    if (isTold || !document.hidden || !settingsNow().notify) return;
    notify(newest, room);
  }, [newest, unread, me, room]);
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
