/** What one can choose: the light, the Enter key, notifications, another name. */

import { useState } from "react";
import { Dialog } from "../ui/Dialog";
import { choose, type Theme, useSettings } from "./settings";

type SettingsProps = { onClose: () => void; onLeave: () => void };

export function SettingsDialog({ onClose, onLeave }: SettingsProps) {
  const { theme, enterBreaks } = useSettings();
  return (
    <Dialog title="Settings" onClose={onClose}>
      <fieldset>
        <legend>Theme</legend>
        {THEMES.map(([value, words]) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              checked={theme === value}
              onChange={() => choose({ theme: value })}
            />
            {words}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Writing</legend>
        <label>
          <input
            type="checkbox"
            checked={enterBreaks}
            onChange={(event) => choose({ enterBreaks: event.target.checked })}
          />
          Enter starts a new line, Ctrl+Enter sends
        </label>
      </fieldset>
      <fieldset>
        <legend>Notifications</legend>
        <Notifications />
      </fieldset>
      <button type="button" className="plain" onClick={onLeave}>
        Change name
      </button>
    </Dialog>
  );
}

const THEMES: [Theme, string][] = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Asked for here, where one wants them, never on load. */
function Notifications() {
  const { notify } = useSettings();
  const [denied, setDenied] = useState(isDenied);
  const possible = "Notification" in globalThis && globalThis.isSecureContext;
  if (!possible) return <p>This browser offers notifications only over https.</p>;

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
        Tell me about new messages when I look elsewhere
      </label>
      {denied && <p>Your browser blocks them for this page. You can allow them in its settings.</p>}
    </>
  );
}

function isDenied(): boolean {
  return "Notification" in globalThis && Notification.permission === "denied";
}
