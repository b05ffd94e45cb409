/** The icons, in one stroke style. They carry no meaning alone, so screen readers skip them. */

const PATHS = {
  hash: "M5 9h15M4 15h15M10 4 8 20M16 4l-2 16",
  up: "M12 19V5.5M6 11.5l6-6 6 6",
  down: "M12 5v13.5M6 12.5l6 6 6-6",
  offline:
    "M4 4l16 16M8.5 15.5a5 5 0 0 1 5.3-1.2M5 12a10 10 0 0 1 4-2.3M12.8 9a10 10 0 0 1 6.2 3M12 19.2v.1",
  warning: "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0M12 8v4.5M12 16v.1",
  clock: "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0M12 7.5V12l3 2",
  close: "M6 6l12 12M18 6 6 18",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M17 7a2 2 0 1 1-4 0 2 2 0 0 1 4 0M11 17a2 2 0 1 1-4 0 2 2 0 0 1 4 0",
  signal: "M5 19v-4M10 19V12M15 19V8M20 19V4",
  leave: "M10 5H6.5A1.5 1.5 0 0 0 5 6.5v11A1.5 1.5 0 0 0 6.5 19H10M14.5 8l4 4-4 4M18 12H9.5",
} as const;

type IconName = keyof typeof PATHS;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg className={small ? "i i-sm" : "i"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
