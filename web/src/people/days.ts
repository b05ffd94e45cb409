/** Days as they stand in lists of devices and deeds: "2 June", with the year where it is another. */

const OF_THIS_YEAR = { day: "numeric", month: "long" } as const;
const OF_ANY_YEAR = { ...OF_THIS_YEAR, year: "numeric" } as const;

/** Return the day of a moment, in the reader's time zone. */
export function dayOf(moment: string): string {
  return format(new Date(moment), undefined);
}

/** Return the name of a day that the server counts, which is one at Greenwich. */
export function dayNamed(day: string): string {
  return format(new Date(day), "UTC");
}

export function isToday(day: string, now: number = Date.now()): boolean {
  return new Date(now).toISOString().startsWith(day);
}

function format(date: Date, timeZone: string | undefined): string {
  const isThisYear = date.getUTCFullYear() === new Date().getUTCFullYear();
  const shown = isThisYear ? OF_THIS_YEAR : OF_ANY_YEAR;
  return date.toLocaleDateString(undefined, { ...shown, timeZone });
}
