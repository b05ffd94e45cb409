/** Desktop notifications of messages that no tab of this user shows. */

import { useCallback, useEffect, useRef } from "react";
import { currentSettings } from "../settings/settings";
import { STRINGS } from "../strings";
import type { Position, Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";
import { ICON } from "./icon";

export type ClaimNotification = (seq: number) => Promise<boolean>;

/** Time for the tab that shows a message to say that it is read. */
const NOTIFY_AFTER_MS = 1_000;

export function useNotifications(
  timeline: Timeline,
  unread: number,
  claimNotification: ClaimNotification,
): void {
  const { epoch } = timeline;
  const newest = newestOfOthers(timeline)?.seq ?? 0;
  // In another log, seqs may start lower.
  const seen = useRef<Position | null>(null);
  const notifySoon = useNotifySoon(timeline, unread, claimNotification);
  useEffect(() => {
    if (epoch === null) return;
    const { current: before } = seen;
    if (before?.epoch === epoch && newest <= before.seq) return;
    seen.current = { epoch, seq: newest };
    if (before?.epoch === epoch) notifySoon();
  }, [newest, epoch, notifySoon]);
}

/** Return what notifies of the newest message in a moment, if no tab shows it by then. */
function useNotifySoon(
  timeline: Timeline,
  unread: number,
  claimNotification: ClaimNotification,
): () => void {
  const latest = useRef({ timeline, unread });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const shown = useRef<Notification | null>(null);
  useEffect(() => {
    latest.current = { timeline, unread };
    if (unread === 0) shown.current?.close();
  }, [timeline, unread]);
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, []);

  return useCallback(() => {
    timer.current ??= setTimeout(async () => {
      timer.current = undefined;
      const message = messageToNotify(latest.current.timeline, latest.current.unread);
      if (message === null || !(await claimNotification(message.seq))) return;
      shown.current = notify(message);
    }, NOTIFY_AFTER_MS);
  }, [claimNotification]);
}

function messageToNotify(timeline: Timeline, unread: number): MessageFrame | null {
  const isWanted = unread > 0 && document.hidden && currentSettings().notify;
  return isWanted ? newestOfOthers(timeline) : null;
}

/** Below it may be messages of mine, written in another browser. */
function newestOfOthers({ messages, me }: Timeline): MessageFrame | null {
  return messages.findLast(({ userId }) => userId !== me?.userId) ?? null;
}

/** One stands for the room; `renotify`, since a browser replaces one in silence without it. */
function notify({ username, message, room }: MessageFrame): Notification | null {
  const options = { body: message, tag: room, renotify: true, icon: ICON };
  try {
    const notification = new Notification(STRINGS.tab.notification(username, room), options);
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return notification;
  } catch {
    // Some phones allow notifications for installed pages only.
    return null;
  }
}
