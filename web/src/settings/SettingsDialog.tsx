/** What one can choose: the light, the Enter key, notifications, another name. */

import { useState } from "react";
import { STRINGS } from "../strings";
import { Dialog } from "../ui/Dialog";
import { choose, type Theme, useSettings } from "./settings";

const WORDS = STRINGS.settings;

type SettingsProps = { onClose: () => void; onLeave: () => void };

export function SettingsDialog({ onClose, onLeave }: SettingsProps) {
  const { theme, enterBreaks } = useSettings();
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
              onChange={() => choose({ theme: value })}
            />
            {WORDS.themes[value]}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{WORDS.writing}</legend>
        <label>
          <input
            type="checkbox"
            checked={enterBreaks}
            onChange={(event) => choose({ enterBreaks: event.target.checked })}
          />
          {WORDS.enterBreaks}
        </label>
      </fieldset>
      <fieldset>
        <legend>{WORDS.notifications}</legend>
        <Notifications />
      </fieldset>
      <button type="button" className="plain" onClick={onLeave}>
        {WORDS.changeName}
      </button>
    </Dialog>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

/** Asked for here, where one wants them, never on load. */
function Notifications() {
  const { notify } = useSettings();
  const [denied, setDenied] = useState(isDenied);
  const possible = "Notification" in globalThis && globalThis.isSecureContext;
  if (!possible) return <p>{WORDS.notHere}</p>;

  async function turn(on: boolean) {
    if (!on) return choose({ notify: false });
    const answer = await Notification.requestPermission();
    setDenied(answer === "denied");
    choose({ notify: answer === "granted" });
  }

  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={notify && !denied}
          disabled={denied}
          onChange={(event) => void turn(event.target.checked)}
        />
        {WORDS.notify}
      </label>
      {denied && <p>{WORDS.blocked}</p>}
    </>
  );
}

function isDenied(): boolean {
  return "Notification" in globalThis && Notification.permission === "denied";
}
