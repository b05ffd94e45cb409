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
  back: "m14.5 5-7 7 7 7",
  onwards: "m9.5 5 7 7-7 7",
  plus: "M12 5v14M5 12h14",
  phone:
    "M9.5 3h5A2.5 2.5 0 0 1 17 5.5v13a2.5 2.5 0 0 1-2.5 2.5h-5A2.5 2.5 0 0 1 7 18.5v-13A2.5 2.5 0 0 1 9.5 3M11 17.5h2",
  laptop:
    "M6.5 5h11A1.5 1.5 0 0 1 19 6.5v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 13.5v-7A1.5 1.5 0 0 1 6.5 5M2.5 19h19",
  key: "M12 15.5a4 4 0 1 1-8 0 4 4 0 0 1 8 0M11 12.5 19.5 4M16 7l2.5 2.5M13.5 9.5l2 2",
  copy: "M11.5 9h6a2.5 2.5 0 0 1 2.5 2.5v6a2.5 2.5 0 0 1-2.5 2.5h-6A2.5 2.5 0 0 1 9 17.5v-6A2.5 2.5 0 0 1 11.5 9M15 5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15",
  download: "M12 4.5V15M7.5 10.5 12 15l4.5-4.5M5 19.5h14",
  ban: "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0M6 6l12 12",
  people:
    "M13 9a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0M3.5 19c.6-3.2 3-5 6-5s5.4 1.8 6 5M15.5 5.8a3.5 3.5 0 0 1 0 6.4M17.5 14.5c1.7.7 2.7 2.2 3 4.5",
} as const;

type IconName = keyof typeof PATHS;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg className={small ? "i i-sm" : "i"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
