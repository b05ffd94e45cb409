/** Performs the machine's effects: the real socket, its timers, and the commands awaiting an answer. */

import type { ClientCommand, ClosingFrame, ErrorFrame, HelloFrame } from "../wire/frames";
import { type Frame, parse } from "../wire/parse";
import { Answers, LONGEST_MS } from "./answers";
import { lastConfig } from "./config";
import { type Handshake, subprotocols } from "./handshake";
import { inviteAccepted, inviteRefused, inviteToOffer } from "./invite";
import { type Effect, type Event, IDLE, type State, step } from "./machine";

/** The part of a WebSocket that is used here, so that a test can replace it. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** The network, and the randomness for jitter. Timers are the global ones. */
export type Network = {
  openSocket: (url: string, subprotocols: string[]) => Socket;
  isServerUp: () => Promise<boolean>;
  /** The text of `config.json`; rejects when no server answers. */
  config: () => Promise<string>;
  random: () => number;
};

/** The user of the connection: makes the hello command, takes frames, learns of its loss. */
export type Listener = {
  /** What is said first on each connection: a hello, or who this is to become. */
  greeting: () => ClientCommand;
  receive: (frame: Frame) => void;
  disconnected: () => void;
  /** Return whether it does about a refused greeting what there is to do. */
  refused?: (error: ErrorFrame) => boolean;
};

/** The part of its lifetime that a connection uses, jittered so that clients do not renew all at once. */
const RENEW_FROM = 0.85;
const RENEW_TO = 0.98;
const RENEW_RETRY_MS = 30_000;
/** The longest delay of `setTimeout`: with a longer one it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const HELLO_ID = "hello";
const PING_ID = "ping";
/** Of the protocol; a server that is older than the page speaks the first. */
const VERSION = 2;
const FIRST_VERSION = 1;

export class ConnectionClient {
  private state: State;
  private socket: Socket | null = null;
  /** What the handshake of the socket offered. */
  private invite: string | null = null;
  private successor: Successor | null = null;
  /** The last renewal failed with the newest invite: the next one offers that of the socket. */
  private fallsBack = false;
  private retiring: Socket | null = null;
  private isStarted = false;
  private version = VERSION;
  private skipped = 0;
  private renewTimer: Timer;
  private retireTimer: Timer;
  private waitTimer: Timer;
  private pingTimer: Timer;
  private readonly answers = new Answers(() => this.dispatch({ type: "silent" }));
  private readonly subscribers = new Set<() => void>();

  constructor(
    private readonly handshake: Handshake,
    private readonly listener: Listener,
    private readonly network: Network = browserNetwork,
    private readonly returning = false,
  ) {
    this.state = returning ? { name: "idle", returning } : IDLE;
  }

  /** Connect later than in this turn: React's strict mode starts, stops and starts in one. */
  readonly start = (): void => {
    this.isStarted = true;
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wakeIfVisible);
    void this.handshake.ready().then(() => {
      if (this.isStarted) this.dispatch({ type: "started", returning: this.returning });
    });
  };

  readonly stop = (): void => {
    this.isStarted = false;
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wakeIfVisible);
    this.dispatch({ type: "stopped" });
  };

  readonly retry = (): void => this.dispatch({ type: "retried" });

  /** Connect again at once: the server is to see who this is now. */
  readonly reconnect = (): void => this.end({ again: true, reason: "", retryAfterMs: 0 });

  /** The name belongs to somebody else. */
  readonly taken = (): void => this.dispatch({ type: "taken" });

  readonly end = (closing: Omit<ClosingFrame, "type">): void =>
    this.dispatch({ type: "closing", ...closing });

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  };

  readonly getState = (): State => this.state;

  /** How many frames were unreadable or of an unknown type. */
  readonly getSkipped = (): number => this.skipped;

  /**
   * Send a command that must be answered; without an answer in time the connection is lost.
   *
   * Return false, and send nothing, while there is no connection.
   */
  readonly ask = (command: ClientCommand & { id: string }): boolean => {
    if (this.state.name !== "open") return false;
    this.socket?.send(JSON.stringify(command));
    this.answers.expect(command);
    return true;
  };

  private readonly wake = (): void => this.dispatch({ type: "woke" });

  private readonly wakeIfVisible = (): void => {
    if (document.visibilityState === "visible") this.wake();
  };

  private dispatch(event: Event): void {
    const [next, ...effects] = step(this.state, event, this.network.random);
    const before = this.state;
    this.state = next;
    if (next !== before) clearTimeout(this.waitTimer);
    for (const effect of effects) this.perform(effect);
    if (next === before) return;
    if (before.name === "open" && next.name !== "open") this.listener.disconnected();
    this.notify();
  }

  private notify(): void {
    for (const subscriber of this.subscribers) subscriber();
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "open":
        this.open();
        break;
      case "close":
        this.close();
        break;
      case "greet":
        this.greet();
        break;
      case "ping":
        this.ask({ action: "ping", id: PING_ID });
        break;
      case "probe":
        this.probe();
        break;
      case "wait":
        this.waitTimer = setTimeout(
          () => this.dispatch({ type: "elapsed" }),
          Math.min(effect.ms, LONGEST_TIMER_MS),
        );
        break;
    }
  }

  private openSocket(invite: string | null): Socket {
    const { address, secrets } = this.handshake;
    return this.network.openSocket(address(), subprotocols(invite, secrets()));
  }

  private readonly greet = (): void => {
    this.ask(this.greeting());
  };

  private greeting(): ClientCommand & { id: string } {
    const greeting = { ...this.listener.greeting(), id: HELLO_ID };
    return greeting.action === "hello" ? { ...greeting, v: this.version } : greeting;
  }

  private open(): void {
    this.invite = inviteToOffer();
    const socket = this.openSocket(this.invite);
    this.socket = socket;
    socket.onopen = () => this.dispatch({ type: "opened" });
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.dispatch({ type: "lost" });
  }

  /** Replace the connection before the gateway closes it for its age; both deliver meanwhile. */
  private readonly renew = (): void => {
    if (this.state.name !== "open" || this.successor) return;
    const invite = this.fallsBack ? this.invite : inviteToOffer();
    const socket = this.openSocket(invite);
    const giveUp = (atLeastMs = 0) => {
      this.dropSuccessor();
      this.fallsBack = !this.fallsBack;
      this.renewIn(Math.max(RENEW_RETRY_MS, atLeastMs));
    };
    this.successor = { socket, deadline: setTimeout(giveUp, LONGEST_MS) };
    socket.onopen = () => socket.send(JSON.stringify(this.greeting()));
    socket.onclose = () => giveUp();
    socket.onmessage = ({ data }) => {
      const frame = this.read(data);
      if (frame?.type === "closing" || frame?.type === "error") giveUp(frame.retryAfterMs);
      // Anything else before the hello also arrives on the old connection.
      if (frame?.type !== "hello") return;
      this.takeOver(socket);
      this.invite = invite;
      this.handle(frame);
    };
  };

  private dropSuccessor(): void {
    if (!this.successor) return;
    clearTimeout(this.successor.deadline);
    detach(this.successor.socket);
    this.successor = null;
  }

  /** Keep the old connection until the last of its commands is answered, or will never be. */
  private takeOver(socket: Socket): void {
    const old = this.socket;
    this.retire();
    clearTimeout(this.successor?.deadline);
    this.successor = null;
    this.fallsBack = false;
    this.socket = socket;
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.dispatch({ type: "lost" });
    if (!old) return;
    old.onclose = null;
    old.onmessage = ({ data }) => {
      const frame = this.read(data);
      this.answers.heard(frame);
      // The old connection is meant to close.
      if (frame && frame.type !== "closing") this.handle(frame);
    };
    this.retiring = old;
    this.retireTimer = setTimeout(() => this.retire(), LONGEST_MS);
  }

  private retire(): void {
    clearTimeout(this.retireTimer);
    detach(this.retiring);
    this.retiring = null;
  }

  private renewBefore(lifetimeSeconds: number): void {
    const part = RENEW_FROM + (RENEW_TO - RENEW_FROM) * this.network.random();
    this.renewIn(lifetimeSeconds * 1_000 * part);
  }

  private renewIn(ms: number): void {
    clearTimeout(this.renewTimer);
    this.renewTimer = setTimeout(this.renew, Math.min(ms, LONGEST_TIMER_MS));
  }

  /** Forget the socket first, so that no late frame of it is handled. */
  private close(): void {
    const socket = this.socket;
    this.socket = null;
    this.fallsBack = false;
    clearTimeout(this.pingTimer);
    this.answers.forget();
    clearTimeout(this.renewTimer);
    this.dropSuccessor();
    this.retire();
    detach(socket);
  }

  private probe(): void {
    this.network.isServerUp().then(
      (alive) => {
        const hasOther = alive && inviteRefused(this.invite);
        this.dispatch({ type: "probed", alive, hasOther });
      },
      () => this.dispatch({ type: "probed", alive: false }),
    );
  }

  private receive(data: unknown): void {
    const frame = this.read(data);
    this.answers.heard(frame);
    if (frame) this.handle(frame);
  }

  private read(data: unknown): Frame | null {
    const frame = typeof data === "string" ? parse(data) : null;
    if (!frame) {
      this.skipped += 1;
      this.notify();
    }
    return frame;
  }

  private handle(frame: Frame): void {
    if (frame.type === "hello") {
      // A person's device is let in with any invite, so that says nothing of this one.
      if (lastConfig().invite === "required" && !frame.user.claimed) inviteAccepted(this.invite);
      this.dispatch({ type: "greeted" });
      this.keepAlive(frame);
      this.renewBefore(frame.limits.lifetimeSeconds);
    }
    if (frame.type === "error" && frame.id === HELLO_ID) this.greetingRefused(frame);
    else if (isNotMine(frame)) this.taken();
    else this.listener.receive(frame);
    if (frame.type === "closing") this.dispatch(frame);
  }

  private greetingRefused(frame: ErrorFrame): void {
    const { code, retryable: again, message: reason, retryAfterMs } = frame;
    if (code === "name_taken") this.taken();
    else if (code === "unsupported" && this.version > FIRST_VERSION) {
      this.version = FIRST_VERSION;
      this.greet();
    } else if (!this.listener.refused?.(frame))
      this.end({ again, reason, ...(retryAfterMs && { retryAfterMs }) });
  }

  private keepAlive(frame: HelloFrame): void {
    clearTimeout(this.pingTimer);
    const jitter = 0.8 + 0.2 * this.network.random();
    this.pingTimer = setTimeout(
      () => {
        this.perform({ type: "ping" });
        this.keepAlive(frame);
      },
      frame.limits.pingSeconds * 1_000 * jitter,
    );
  }
}

/** Somebody else has claimed the name since the last greeting, or this device was signed out. */
function isNotMine(frame: Frame): boolean {
  return frame.type === "error" && frame.id === PING_ID && frame.code === "name_taken";
}

type Timer = ReturnType<typeof setTimeout> | undefined;
type Successor = { socket: Socket; deadline: Timer };

/** Close a socket, and handle nothing more that comes from it. */
function detach(socket: Socket | null): void {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
}

const PROBE_TIMEOUT_MS = 10_000;
const CONFIG_TIMEOUT_MS = 60_000;

export const browserNetwork: Network = {
  openSocket: (url, subprotocols) => new WebSocket(url, subprotocols),
  isServerUp: async () => !isServerError(await fetchConfigFile(PROBE_TIMEOUT_MS)),
  config: async () => {
    const answer = await fetchConfigFile(CONFIG_TIMEOUT_MS);
    if (isServerError(answer)) throw new Error(`config.json: ${answer.status}`);
    return answer.ok ? answer.text() : "{}";
  },
  random: Math.random,
};

function isServerError({ status }: Response): boolean {
  return status >= 500;
}

function fetchConfigFile(timeoutMs: number): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  return fetch("./config.json", { cache: "no-store", signal });
}
