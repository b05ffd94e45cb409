/** The settings: theme, Enter key, notifications, another name, and forgetting this device. */

import { useState } from "react";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";
import { ForgetButton, type ForgetProps } from "./ForgetButton";
import { changeSettings, type Theme, useSettings } from "./settings";

const WORDS = STRINGS.settings;

type SettingsProps = ForgetProps & { onClose: () => void; onLeave: () => void };

export function SettingsDialog({ onClose, onLeave, onForget, countUnsent }: SettingsProps) {
  const { theme, enterAddsLine } = useSettings();
  return (
    <Dialog title={WORDS.title} closeLabel={STRINGS.close} onClose={onClose}>
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
        {WORDS.changeName}
      </button>
      <ForgetButton onForget={onForget} countUnsent={countUnsent} />
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
