/** What this device is called in the list of a person's devices: "Firefox on Linux". */

import { STRINGS } from "../strings";

const { browsers, systems, label } = STRINGS.device;

/** Return the label by what a browser says of itself; undefined if that says nothing known. */
export function deviceLabel(userAgent: string = navigator.userAgent): string | undefined {
  const browser = nameIn(userAgent, browsers);
  const system = nameIn(userAgent, systems);
  return browser && system ? label(browser, system) : (browser ?? system);
}

/** Whether a label is that of something held in a hand. */
export function isHandheld(label: string): boolean {
  return /iPhone|iPad|Android/.test(label);
}

/** Most browsers also name others, which they want to be taken for: the first one counts. */
function nameIn(userAgent: string, names: readonly (readonly [string, string])[]) {
  return names.find(([mark]) => userAgent.includes(mark))?.[1];
}
