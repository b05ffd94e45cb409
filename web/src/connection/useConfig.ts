/** What the page was told about the chat, asked anew in the background: nobody waits for it. */

import { useEffect, useState } from "react";
import { askConfig, type Config, keptConfig } from "./config";

/** Asked once, and again when one was `refused`: it may be different from last time. */
export function useConfig(ask: () => Promise<string>, refused: boolean): Config {
  const [config, setConfig] = useState(keptConfig);
  // biome-ignore lint/correctness/useExhaustiveDependencies: being refused is a reason to ask
  useEffect(() => {
    let over = false;
    askConfig(ask).then((told) => !over && setConfig(told));
    return () => {
      over = true;
    };
  }, [ask, refused]);
  return config;
}
