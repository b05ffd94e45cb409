/** The server's configuration: at once as it was last time, then as the server answers now. */

import { useEffect, useState } from "react";
import { type Config, fetchConfig, lastConfig } from "./config";

/** Fetched once, and again after a refusal: the chat may need an invite by now. */
export function useConfig(fetchText: () => Promise<string>, refused: boolean): Config {
  const [config, setConfig] = useState(lastConfig);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refusal is a reason to fetch again
  useEffect(() => {
    let isUnmounted = false;
    fetchConfig(fetchText).then((fetched) => !isUnmounted && setConfig(fetched));
    return () => {
      isUnmounted = true;
    };
  }, [fetchText, refused]);
  return config;
}
