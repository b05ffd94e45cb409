/** How long to wait before the next try: twice as long each time, up to a bound. */

const MOST_DOUBLINGS = 5;

export function doubled(ms: number, times: number): number {
  return ms * 2 ** Math.min(times, MOST_DOUBLINGS);
}
