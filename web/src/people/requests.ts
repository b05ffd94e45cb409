/** Commands whose answers somebody waits for. */

import type { ClientCommand, ServerFrame } from "../wire/frames";

type Answer<Type> = Extract<ServerFrame, { type: Type }>;

/** `problem`: the server's sentence, null if the connection was lost before the answer. */
export type Outcome<Frame> =
  | { ok: true; frame: Frame }
  | { ok: false; code: string | null; problem: string | null };

const LOST = { ok: false, code: null, problem: null } as const;

export class Requests {
  private readonly waiting = new Map<string, (frame: ServerFrame | null) => void>();
  private sent = 0;

  constructor(private readonly ask: (command: ClientCommand & { id: string }) => boolean) {}

  /** Send a command; return its answer, which is of this type or an error. */
  async send<Type extends ServerFrame["type"]>(
    command: ClientCommand,
    type: Type,
  ): Promise<Outcome<Answer<Type>>> {
    this.sent += 1;
    const id = `people-${this.sent}`;
    const answer = new Promise<ServerFrame | null>((resolve) => this.waiting.set(id, resolve));
    if (!this.ask({ ...command, id })) this.settle(id, null);
    const frame = await answer;
    if (frame?.type === type) return { ok: true, frame: frame as Answer<Type> };
    return frame?.type === "error" ? { ok: false, code: frame.code, problem: frame.message } : LOST;
  }

  receive(frame: ServerFrame): void {
    if ("id" in frame && frame.id) this.settle(frame.id, frame);
  }

  /** No answer comes any more. */
  disconnected(): void {
    for (const id of [...this.waiting.keys()]) this.settle(id, null);
  }

  private settle(id: string, frame: ServerFrame | null): void {
    this.waiting.get(id)?.(frame);
    this.waiting.delete(id);
  }
}
