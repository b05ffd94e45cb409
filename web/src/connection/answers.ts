/** The answers that are still to come, and how long to wait: a slow line is not a dead one. */

import type { ClientCommand } from "../wire/frames";
import type { Frame } from "../wire/parse";

/** With only small answers to come, a line on which no frame arrives for so long is dead. */
const SILENCE_MS = 10_000;
/** For any answer. Of a large one nothing shows before its end: 30 kB at 4 kbit/s take a minute. */
export const LONGEST_MS = 60_000;

type Timer = ReturnType<typeof setTimeout> | undefined;

export class Answers {
  private readonly awaited = new Map<string, { isLarge: boolean; deadline: Timer }>();
  private silence: Timer;

  constructor(private readonly onTimeout: () => void) {}

  expect(command: ClientCommand & { id: string }): void {
    this.remove(command.id);
    const deadline = setTimeout(this.onTimeout, LONGEST_MS);
    this.awaited.set(command.id, { isLarge: isLarge(command), deadline });
    if (isLarge(command) || this.silence === undefined) this.watch();
  }

  /** Something arrived, so the line is alive; it may be an answer. Null: it was unreadable. */
  heard(frame: Frame | null): void {
    // A send's id is its nonce, so a push that carries the nonce answers it as well.
    const id = frame?.type === "message" ? frame.nonce : frame && "id" in frame && frame.id;
    if (id) this.remove(id);
    this.watch();
  }

  forget(): void {
    for (const id of [...this.awaited.keys()]) this.remove(id);
    this.watch();
  }

  private remove(id: string): void {
    clearTimeout(this.awaited.get(id)?.deadline);
    this.awaited.delete(id);
  }

  /** Measure the silence anew; behind a large answer others may come late. */
  private watch(): void {
    clearTimeout(this.silence);
    const awaited = [...this.awaited.values()];
    const isDue = awaited.length > 0 && !awaited.some((it) => it.isLarge);
    this.silence = isDue ? setTimeout(this.onTimeout, SILENCE_MS) : undefined;
  }
}

/** Whether the answer may hold a page of messages. */
function isLarge(command: ClientCommand): boolean {
  if (command.action === "hello") return command.resume !== undefined;
  return command.action === "getHistory" || command.action === "resume";
}
