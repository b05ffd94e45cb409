/** Shows new messages outside the page: a count in the tab's title, its icon, and notifications. */

import { useEffect, useRef } from "react";
import { currentSettings } from "../settings/settings";
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

const ICON = "./favicon.svg";
const UNREAD_ICON = "./favicon-unread.svg";

function showIcon(unread: boolean): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = unread ? UNREAD_ICON : ICON;
  if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

function useNotifications({ messages, me, room, epoch }: Timeline, unread: number): void {
  const newest = messages.at(-1);
  // Kept with its epoch: in another log, seqs may start lower.
  const seen = useRef<{ epoch: string | null; seq: number } | null>(null);
  useEffect(() => {
    const isFirst = seen.current?.epoch !== epoch;
    if (!newest || (!isFirst && newest.seq <= (seen.current?.seq ?? -1))) return;
    seen.current = { epoch, seq: newest.seq };
    const isKnown = isFirst || unread === 0 || newest.userId === me?.userId;
    if (isKnown || !document.hidden || !currentSettings().notify) return;
    notify(newest, room);
  }, [newest, unread, me, room, epoch]);
}

function notify(message: MessageFrame, room: string): void {
  try {
    const options = { body: message.message, tag: room, icon: ICON };
    const notification = new Notification(
      STRINGS.tab.notification(message.username, room),
      options,
    );
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
  } catch {
    // Some phones allow notifications for installed pages only.
  }
}
