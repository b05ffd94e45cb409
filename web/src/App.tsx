/** The join form or the room, depending on the connection. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { browserPlatform, countUnsentOn, type Platform, type Visit } from "./chat";
import { storeConfig } from "./connection/config";
import { takeInvite } from "./connection/invite";
import { hasJoined, isBlocked } from "./connection/machine";
import { useConfig } from "./connection/useConfig";
import { useConnection } from "./connection/useConnection";
import { useForgottenElsewhere } from "./device/forget";
import { Join } from "./join/Join";
import { NAME_KEY, rememberJoined, rememberLeft } from "./join/remembered";
import { WelcomeBack } from "./join/WelcomeBack";
import { PageFailed } from "./PageFailed";
import { takeLinks } from "./people/links";
import { Room } from "./room/Room";
import { useSettingsOfOtherTabs } from "./settings/settings";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { useVisits } from "./useVisits";

export function App({ platform: given }: { platform?: Platform }) {
  const [platform] = useState(() => given ?? browserPlatform());
  return (
    <ErrorBoundary fallback={(retry) => <PageFailed onRetry={retry} />}>
      <Page platform={platform} />
    </ErrorBoundary>
  );
}

function Page({ platform }: { platform: Platform }) {
  const { current, back, ...visits } = useVisits(platform);
  const connection = useConnection(current?.client ?? null);
  const name = useName(current);
  const isRefused = connection.name === "refused" || isBlocked(connection);
  const isInside = hasJoined(connection);
  const config = useConfig(platform.network.config, isRefused);
  useSettingsOfOtherTabs();
  useLinks(() => current?.client.retry(), visits.linked);
  useForgottenElsewhere(NAME_KEY, visits.erase);

  useEffect(() => {
    if (connection.name === "open" && isInside && name !== null) rememberJoined(name);
    if (connection.name === "refused") rememberLeft();
  }, [connection.name, isInside, name]);

  useEffect(() => {
    if (connection.name === "open" && config) storeConfig();
  }, [connection.name, config]);

  if (back !== null)
    return (
      <WelcomeBack
        {...back}
        onSecret={visits.tryBack}
        onContinue={visits.continueAs}
        onOtherName={visits.giveUp}
      />
    );
  if (current !== null && isInside)
    return (
      <Room
        visit={current}
        connection={connection}
        onLeave={visits.leave}
        onForget={visits.forget}
      />
    );
  return (
    <Join
      connection={connection}
      config={config}
      onJoin={visits.join}
      onReturn={visits.returnBy}
      onForget={visits.forget}
      countUnsent={() => countUnsentOn(platform)}
    />
  );
}

/** The name that I have now: another device may change it. */
function useName(current: Visit | null): string | null {
  const { subscribe, getName } = current?.identity ?? NOBODY;
  return useSyncExternalStore(subscribe, getName);
}

const NOBODY = { subscribe: () => () => {}, getName: () => null };

/** A link that is opened while the page is open changes only the fragment, so nothing reloads. */
function useLinks(onInvite: () => void, onLink: (device: boolean) => void) {
  const [, setChanges] = useState(0);
  useEffect(() => {
    const onHashChange = () => {
      setChanges((times) => times + 1);
      onLink(takeLinks());
      if (takeInvite()) onInvite();
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  });
}
