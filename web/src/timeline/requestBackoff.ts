/** How long to wait before the next attempt: twice as long each time, up to a limit. */

const MAX_DOUBLINGS = 5;

export function backoff(ms: number, times: number): number {
  return ms * 2 ** Math.min(times, MAX_DOUBLINGS);
}
