/** Draws a QR code as one SVG path: a run of dark modules is a rectangle. */

type Code = { readonly size: number; get: (x: number, y: number) => boolean };

/** The white around the code, in modules: without it cameras don't find the code. */
export const QUIET = 4;

export function qrPath(code: Code): string {
  const parts: string[] = [];
  for (let y = 0; y < code.size; y += 1)
    for (let x = 0; x < code.size; x += 1) {
      const start = x;
      while (code.get(x, y)) x += 1;
      if (x > start) parts.push(`M${start} ${y}h${x - start}v1h${start - x}z`);
    }
  return parts.join("");
}
