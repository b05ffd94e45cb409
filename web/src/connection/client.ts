/** Does what the machine says: the real socket, the timers, the requests that wait for an answer. */

import type { ClientCommand, HelloFrame } from "../wire/frames";
import { type Frame, parse } from "../wire/parse";
import { keptConfig } from "./config";
import { subprotocols } from "./invite";
import { type Effect, type Event, IDLE, type State, step } from "./machine";

/** The part of a WebSocket that we use, so that a test can be one. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** What is outside: the network and chance. Timers are the global ones. */
export type World = {
  openSocket: (url: string) => Socket;
  isAlive: () => Promise<boolean>;
  /** What `config.json` says; fails when nobody answers. */
  config: () => Promise<string>;
  random: () => number;
};

/** Who uses the connection: says hello, hears frames, learns when the line is down. */
type Listener = {
  greeting: () => ClientCommand & { action: "hello" };
  heard: (frame: Frame) => void;
  down: () => void;
};

const ANSWER_WITHIN_MS = 10_000;
/** Which part of its lifetime a line may use: between these, so that a crowd does not move as one. */
const RENEW_FROM = 0.85;
const RENEW_TO = 0.98;
const RENEW_AGAIN_MS = 30_000;
/** A timer that is to run longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const HELLO_ID = "hello";
const PING_ID = "ping";

export class ConnectionClient {
  private state: State;
  private socket: Socket | null = null;
  private successor: Successor | null = null;
  private retiring: Socket | null = null;
  private wanted = false;
  private skipped = 0;
  private renewTimer: Timer;
  private retireTimer: Timer;
  private waitTimer: Timer;
  private pingTimer: Timer;
  private readonly deadlines = new Map<string, Timer>();
  private readonly subscribers = new Set<() => void>();

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly world: World = browserWorld,
    private readonly returning = false,
  ) {
    this.state = returning ? { name: "idle", returning } : IDLE;
  }

  /** Connect, but not before this turn is over: React's strict mode starts, stops and starts. */
  readonly start = (): void => {
    this.wanted = true;
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wakeIfSeen);
    queueMicrotask(() => {
      if (this.wanted) this.dispatch({ type: "started", returning: this.returning });
    });
  };

  readonly stop = (): void => {
    this.wanted = false;
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wakeIfSeen);
    this.dispatch({ type: "stopped" });
  };

  readonly retry = (): void => this.dispatch({ type: "retried" });

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  };

  readonly getState = (): State => this.state;

  /** How many frames could not be read or were of no kind that we know. */
  readonly getSkipped = (): number => this.skipped;

  /** Send a command that must be answered; silence means that the line is dead. */
  readonly ask = (command: ClientCommand & { id: string }): void => {
    if (this.state.name !== "open") return;
    this.socket?.send(JSON.stringify(command));
    clearTimeout(this.deadlines.get(command.id));
    this.deadlines.set(
      command.id,
      setTimeout(() => this.dispatch({ type: "silent" }), ANSWER_WITHIN_MS),
    );
  };

  private readonly wake = (): void => this.dispatch({ type: "woke" });

  private readonly wakeIfSeen = (): void => {
    if (document.visibilityState === "visible") this.wake();
  };

  private dispatch(event: Event): void {
    const [next, ...effects] = step(this.state, event, this.world.random);
    const before = this.state;
    this.state = next;
    if (next !== before) clearTimeout(this.waitTimer);
    for (const effect of effects) this.act(effect);
    if (next === before) return;
    if (before.name === "open" && next.name !== "open") this.listener.down();
    this.tell();
  }

  private tell(): void {
    for (const subscriber of this.subscribers) subscriber();
  }

  private act(effect: Effect): void {
    switch (effect.type) {
      case "open":
        this.open();
        break;
      case "close":
        this.close();
        break;
      case "greet":
        this.ask({ ...this.listener.greeting(), id: HELLO_ID });
        break;
      case "ping":
        this.ask({ action: "ping", id: PING_ID });
        break;
      case "probe":
        this.probe();
        break;
      case "wait":
        this.waitTimer = setTimeout(() => this.dispatch({ type: "elapsed" }), effect.ms);
        break;
    }
  }

  private open(): void {
    const socket = this.world.openSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.dispatch({ type: "opened" });
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.dispatch({ type: "lost" });
  }

  /** Before the gateway cuts the line for its age, a second one takes over; both deliver meanwhile. */
  private readonly renew = (): void => {
    if (this.state.name !== "open" || this.successor) return;
    const socket = this.world.openSocket(this.url);
    const giveUp = () => {
      this.dropSuccessor();
      this.renewIn(RENEW_AGAIN_MS);
    };
    this.successor = { socket, deadline: setTimeout(giveUp, ANSWER_WITHIN_MS) };
    socket.onopen = () =>
      socket.send(JSON.stringify({ ...this.listener.greeting(), id: HELLO_ID }));
    socket.onclose = giveUp;
    socket.onmessage = ({ data }) => {
      const frame = this.read(data);
      if (frame?.type === "closing" || frame?.type === "error") giveUp();
      // What else comes before the greeting comes over the old line too.
      if (frame?.type !== "hello") return;
      this.takeOver(socket);
      this.take(frame);
    };
  };

  private dropSuccessor(): void {
    if (!this.successor) return;
    clearTimeout(this.successor.deadline);
    letGo(this.successor.socket);
    this.successor = null;
  }

  /** The old line stays until what was asked on it has had time to be answered. */
  private takeOver(socket: Socket): void {
    const old = this.socket;
    this.retire();
    clearTimeout(this.successor?.deadline);
    this.successor = null;
    this.socket = socket;
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.dispatch({ type: "lost" });
    if (!old) return;
    old.onclose = null;
    old.onmessage = ({ data }) => {
      const frame = this.read(data);
      // That the old line closes is what we want.
      if (frame && frame.type !== "closing") this.take(frame);
    };
    this.retiring = old;
    this.retireTimer = setTimeout(() => this.retire(), ANSWER_WITHIN_MS);
  }

  private retire(): void {
    clearTimeout(this.retireTimer);
    letGo(this.retiring);
    this.retiring = null;
  }

  private renewBefore(lifetimeSeconds: number): void {
    const part = RENEW_FROM + (RENEW_TO - RENEW_FROM) * this.world.random();
    this.renewIn(Math.min(lifetimeSeconds * 1_000 * part, LONGEST_TIMER_MS));
  }

  private renewIn(ms: number): void {
    clearTimeout(this.renewTimer);
    this.renewTimer = setTimeout(this.renew, ms);
  }

  /** Let go of the socket first, so that nothing it still says can reach us. */
  private close(): void {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.pingTimer);
    for (const deadline of this.deadlines.values()) clearTimeout(deadline);
    this.deadlines.clear();
    clearTimeout(this.renewTimer);
    this.dropSuccessor();
    this.retire();
    letGo(socket);
  }

  private probe(): void {
    this.world.isAlive().then(
      (alive) => this.dispatch({ type: "probed", alive }),
      () => this.dispatch({ type: "probed", alive: false }),
    );
  }

  private receive(data: unknown): void {
    const frame = this.read(data);
    if (frame) this.take(frame);
  }

  private read(data: unknown): Frame | null {
    const frame = typeof data === "string" ? parse(data) : null;
    if (!frame) {
      this.skipped += 1;
      this.tell();
    }
    return frame;
  }

  private take(frame: Frame): void {
    this.settle(frame);
    if (frame.type === "hello") {
      this.keepAlive(frame);
      this.renewBefore(frame.limits.lifetimeSeconds);
    }
    if (frame.type === "closing") this.dispatch(frame);
    else if (frame.type === "error" && frame.id === HELLO_ID) this.turnedAway(frame);
    else this.listener.heard(frame);
  }

  /** A send's id is its nonce, so a push that carries the nonce answers it as well. */
  private settle(frame: Frame): void {
    const id = frame.type === "message" ? frame.nonce : "id" in frame ? frame.id : undefined;
    if (id === undefined) return;
    clearTimeout(this.deadlines.get(id));
    this.deadlines.delete(id);
  }

  private turnedAway({ retryable, message }: Extract<Frame, { type: "error" }>): void {
    this.dispatch({ type: "closing", again: retryable, reason: message });
  }

  private keepAlive(frame: HelloFrame): void {
    clearTimeout(this.pingTimer);
    const jitter = 0.8 + 0.2 * this.world.random();
    this.pingTimer = setTimeout(
      () => {
        this.act({ type: "ping" });
        this.keepAlive(frame);
      },
      frame.limits.pingSeconds * 1_000 * jitter,
    );
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;
type Successor = { socket: Socket; deadline: Timer };

/** From here on it can't reach us. */
function letGo(socket: Socket | null): void {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
}

const CONFIG_WITHIN_MS = 5_000;

export const browserWorld: World = {
  openSocket: (url) => new WebSocket(url, subprotocols()),
  isAlive: async () => (await fetchConfig()).status < 500,
  config: async () => {
    const answer = await fetchConfig();
    if (answer.status >= 500) throw new Error(`config.json: ${answer.status}`);
    return answer.ok ? answer.text() : "{}";
  },
  random: Math.random,
};

function fetchConfig(): Promise<Response> {
  const signal = AbortSignal.timeout(CONFIG_WITHIN_MS);
  return fetch("./config.json", { cache: "no-store", signal });
}

/** We talk to the server that gave us this page, unless it named another. */
export function addressFor(username: string, page: Location = location): string {
  const scheme = page.protocol === "https:" ? "wss" : "ws";
  const socket = keptConfig().socket ?? `${scheme}://${page.host}/ws`;
  return `${socket}?username=${encodeURIComponent(username)}`;
}
