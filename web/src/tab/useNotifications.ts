/** Desktop notifications of what no tab of this user shows. */

import { useCallback, useEffect, useRef } from "react";
import { currentSettings } from "../settings/settings";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import type { MessageFrame } from "../wire/frames";
import { ICON } from "./icon";

export type IsFirstToTell = (seq: number) => Promise<boolean>;

/** Time for the tab that shows a message to say that it is read. */
const TELL_AFTER_MS = 1_000;

export function useNotifications(
  timeline: Timeline,
  unread: number,
  isFirstToTell: IsFirstToTell,
): void {
  const { messages, me, epoch } = timeline;
  const newest = messages.at(-1);
  // Kept with its epoch: in another log, seqs may start lower.
  const seen = useRef<{ epoch: string | null; seq: number } | null>(null);
  const tell = useTelling(timeline, unread, isFirstToTell);
  useEffect(() => {
    const isFirst = seen.current?.epoch !== epoch;
    if (!newest || (!isFirst && newest.seq <= (seen.current?.seq ?? -1))) return;
    seen.current = { epoch, seq: newest.seq };
    if (!isFirst && newest.userId !== me?.userId) tell();
  }, [newest, me, epoch, tell]);
}

/** Return what tells of the newest message in a moment, if no tab shows it by then. */
function useTelling(timeline: Timeline, unread: number, isFirstToTell: IsFirstToTell): () => void {
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
      const message = messageToTell(latest.current.timeline, latest.current.unread);
      if (message === null || !(await isFirstToTell(message.seq))) return;
      shown.current = notify(message);
    }, TELL_AFTER_MS);
  }, [isFirstToTell]);
}

function messageToTell({ messages, me }: Timeline, unread: number): MessageFrame | null {
  const newest = messages.at(-1);
  if (!newest || newest.userId === me?.userId || unread === 0) return null;
  return document.hidden && currentSettings().notify ? newest : null;
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
