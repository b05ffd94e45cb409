/** The join form or the room, depending on the connection. */

import { useEffect, useState } from "react";
import { browserPlatform, countUnsentOn, type Platform, type Visit, visit } from "./chat";
import { storeConfig } from "./connection/config";
import { takeInvite } from "./connection/invite";
import { hasJoined, isBlocked } from "./connection/machine";
import { useConfig } from "./connection/useConfig";
import { useConnection } from "./connection/useConnection";
import { useForgottenElsewhere } from "./device/forget";
import { Join } from "./join/Join";
import { NAME_KEY, rememberJoined, rememberLeft, returningName } from "./join/remembered";
import { PageFailed } from "./PageFailed";
import { Room } from "./room/Room";
import { useSettingsOfOtherTabs } from "./settings/settings";
import { ErrorBoundary } from "./ui/ErrorBoundary";

export function App({ platform: given }: { platform?: Platform }) {
  const [platform] = useState(() => given ?? browserPlatform());
  return (
    <ErrorBoundary fallback={(retry) => <PageFailed onRetry={retry} />}>
      <Page platform={platform} />
    </ErrorBoundary>
  );
}

function Page({ platform }: { platform: Platform }) {
  const [current, setCurrent] = useState<Visit | null>(() => returningVisit(platform));
  const connection = useConnection(current?.client ?? null);
  const isRefused = connection.name === "refused" || isBlocked(connection);
  const config = useConfig(platform.network.config, isRefused);
  useSettingsOfOtherTabs();
  useInviteLinks(() => current?.client.retry());
  useForgottenElsewhere(NAME_KEY, forget);

  useEffect(() => {
    if (connection.name === "open" && current) rememberJoined(current.username);
    if (connection.name === "refused") rememberLeft();
  }, [connection.name, current]);

  useEffect(() => {
    if (connection.name === "open" && config) storeConfig();
  }, [connection.name, config]);

  function forget() {
    setCurrent(null);
    void platform.forget();
  }

  function leave() {
    rememberLeft();
    setCurrent(null);
  }

  if (current !== null && hasJoined(connection))
    return <Room visit={current} connection={connection} onLeave={leave} onForget={forget} />;
  return (
    <Join
      connection={connection}
      config={config}
      onJoin={(name) => setCurrent(visit(name, platform))}
      onForget={forget}
      countUnsent={() => countUnsentOn(platform)}
    />
  );
}

/** An invite link opened while the page is open changes only the fragment, so nothing reloads. */
function useInviteLinks(onInvite: () => void) {
  const [, setChanges] = useState(0);
  useEffect(() => {
    const onHashChange = () => {
      setChanges((times) => times + 1);
      if (takeInvite()) onInvite();
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  });
}

function returningVisit(platform: Platform): Visit | null {
  const name = returningName();
  return name === null ? null : visit(name, platform, true);
}
