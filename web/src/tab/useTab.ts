/** Shows new messages outside the page: a count in the tab's title, its icon, and notifications. */

import { useEffect } from "react";
import { STRINGS } from "../strings";
import type { Timeline } from "../timeline/model";
import { showIcon } from "./icon";
import { type ClaimNotification, useNotifications } from "./useNotifications";

export function useTab(
  timeline: Timeline,
  unread: number,
  claimNotification: ClaimNotification,
): void {
  useEffect(() => {
    const title = STRINGS.tab.inRoom(timeline.room);
    document.title = unread > 0 ? STRINGS.tab.unread(unread, title) : title;
    showIcon(unread > 0);
    return () => {
      document.title = STRINGS.app;
      showIcon(false);
    };
  }, [timeline.room, unread]);
  useNotifications(timeline, unread, claimNotification);
}
