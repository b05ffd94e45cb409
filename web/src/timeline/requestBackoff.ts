/**
 * How long to wait before asking or sending again on an open connection; reconnecting is in
 * `connection/machine.ts`.
 */

const MAX_DOUBLINGS = 5;

/** Twice as long each time, up to a limit. */
export function requestBackoff(ms: number, times: number): number {
  return ms * 2 ** Math.min(times, MAX_DOUBLINGS);
}
