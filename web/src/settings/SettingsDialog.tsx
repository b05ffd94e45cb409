/** The settings: theme, Enter key, notifications, another name, and forgetting this device. */

import { useState } from "react";
import { mayModerate } from "../moderation/rank";
import { STRINGS } from "../strings";
import { Avatar } from "../ui/Avatar";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { LinkRow } from "../ui/LinkRow";
import type { User } from "../wire/frames";
import { ForgetButton, type ForgetProps } from "./ForgetButton";
import { changeSettings, type Theme, useSettings } from "./settings";

const WORDS = STRINGS.settings;

type SettingsProps = ForgetProps & {
  /** Null until the server said who I am. */
  user: User | null;
  onOpen: (dialog: "you" | "moderation") => void;
  onClose: () => void;
  onLeave: () => void;
};

export function SettingsDialog({ user, onOpen, onClose, onLeave, ...forgetting }: SettingsProps) {
  const { theme, enterAddsLine } = useSettings();
  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
      {user?.claimed && (
        <LinkRow
          icon={<Avatar id={user.userId} name={user.username} />}
          title={user.username}
          more={STRINGS.you.more}
          onClick={() => onOpen("you")}
        />
      )}
      {mayModerate(user) && (
        <LinkRow
          icon={<Icon name="people" />}
          title={STRINGS.moderation.title}
          more={STRINGS.moderation.more}
          onClick={() => onOpen("moderation")}
        />
      )}
      <fieldset>
        <legend>{WORDS.theme}</legend>
        {THEMES.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              checked={theme === value}
              onChange={() => changeSettings({ theme: value })}
            />
            <span>{WORDS.themes[value]}</span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{WORDS.writing}</legend>
        <label>
          <input
            type="checkbox"
            checked={enterAddsLine}
            onChange={(event) => changeSettings({ enterAddsLine: event.target.checked })}
          />
          <span>{WORDS.enterAddsLine}</span>
        </label>
      </fieldset>
      <fieldset>
        <legend>{WORDS.notifications}</legend>
        <Notifications />
      </fieldset>
      <button type="button" className="plain" onClick={onLeave}>
        {user?.claimed ? WORDS.joinAs : WORDS.changeName}
      </button>
      <ForgetButton {...forgetting} owner={user?.claimed ? user.username : null} />
    </Dialog>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

/** The browser asks for permission only when this is switched on, never on load. */
function Notifications() {
  const { notify } = useSettings();
  const [denied, setDenied] = useState(isDenied);
  const isPossible = "Notification" in globalThis && globalThis.isSecureContext;
  if (!isPossible) return <p>{WORDS.notHere}</p>;

  async function switchTo(on: boolean) {
    if (!on) return changeSettings({ notify: false });
    const answer = await Notification.requestPermission();
    setDenied(answer === "denied");
    changeSettings({ notify: answer === "granted" });
  }

  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={notify && !denied}
          disabled={denied}
          onChange={(event) => void switchTo(event.target.checked)}
        />
        <span>{WORDS.notify}</span>
      </label>
      {denied && <p>{WORDS.blocked}</p>}
    </>
  );
}

function isDenied(): boolean {
  return "Notification" in globalThis && Notification.permission === "denied";
}
