/** Times and days in the reader's language and time zone. */

import { STRINGS } from "../strings";

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

export function timeOf(at: number): string {
  return TIME.format(at);
}

export function momentOf(at: number): string {
  return MOMENT.format(at);
}

/** "Today, Friday 5 June"; days of another year say the year. */
export function dayName(day: number, now: number): string {
  const name = isSameYear(day, now) ? DAY.format(day) : FULL_DAY.format(day);
  if (day === startOf(now, 0)) return STRINGS.log.today(name);
  if (day === startOf(now, -1)) return STRINGS.log.yesterday(name);
  return name;
}

function startOf(now: number, days: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return date.setHours(0, 0, 0, 0);
}

function isSameYear(one: number, other: number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}
