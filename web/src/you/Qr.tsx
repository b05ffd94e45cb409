/** A QR code, dark on white in both themes. What draws it is loaded when one is needed. */

import { useEffect, useState } from "react";
import { QUIET, qrPath } from "./qrPath";

type Drawn = { path: string; size: number };

export function Qr({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    let isGone = false;
    draw(text).then(
      (made) => isGone || setDrawn(made),
      () => {}, // without a server it can't be loaded; the link is there, too
    );
    return () => {
      isGone = true;
    };
  }, [text]);
  if (!drawn) return <div className="qr" />;
  const side = drawn.size + 2 * QUIET;
  return (
    <svg
      className="qr"
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path className="qr-dark" d={drawn.path} />
    </svg>
  );
}

async function draw(text: string): Promise<Drawn> {
  const { generate } = await import("lean-qr");
  const code = generate(text);
  return { path: qrPath(code), size: code.size };
}
