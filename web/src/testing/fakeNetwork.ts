/** A network for tests: sockets that do what the test says, and a server that may be down. */

import { vi } from "vitest";
import type { Platform } from "../chat";
import type { Network, Socket } from "../connection/client";
import type { Handshake } from "../connection/handshake";
import { memoryDatabase } from "../device/database";
import { LIMITS, type User } from "../wire/frames";

export class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: { action: string; id: string; [field: string]: unknown }[] = [];
  isClosed = false;

  constructor(
    readonly url: string,
    readonly subprotocols: readonly string[] = [],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  opens(): void {
    this.onopen?.call(this as never, new Event("open"));
  }

  drops(): void {
    this.isClosed = true;
    this.onclose?.call(this as never, new CloseEvent("close"));
  }

  says(frame: object | string): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.onmessage?.call(this as never, new MessageEvent("message", { data }));
  }

  asked(action: string) {
    return this.sent.filter((command) => command.action === action);
  }
}

export class FakeNetwork implements Network {
  readonly sockets: FakeSocket[] = [];
  isUp = true;
  chance = 1;

  readonly openSocket = (url: string, subprotocols: readonly string[]): FakeSocket => {
    const socket = new FakeSocket(url, subprotocols);
    this.sockets.push(socket);
    return socket;
  };
  readonly isServerUp = async () => this.isUp;
  told = "{}";
  readonly config = async () => {
    if (!this.isUp) throw new Error("The server is down");
    return this.told;
  };
  readonly random = () => this.chance;

  /** The newest socket. */
  get socket(): FakeSocket {
    const newest = this.sockets.at(-1);
    if (!newest) throw new Error("No socket was opened");
    return newest;
  }

  get openSockets(): FakeSocket[] {
    return this.sockets.filter((socket) => !socket.isClosed);
  }
}

/** A handshake that shows no secret. */
export function handshakeAt(url: string): Handshake {
  return { ready: async () => {}, address: () => url, secrets: () => [] };
}

export function fakePlatform(network: Network): Platform {
  const tabs = { ownId: "tab", isOpen: async () => false };
  const storage = { database: memoryDatabase(), tabs: Promise.resolve(tabs) };
  return { network, storage: () => storage, forget: vi.fn(async () => {}) };
}

/** A user without a claim, unless more says otherwise. */
export function userNamed(username: string, more: Partial<User> = {}): User {
  return { userId: username.toLowerCase(), username, claimed: false, role: "member", ...more };
}

export function helloFrame(more: object = {}): object {
  return {
    type: "hello",
    id: "hello",
    v: 2,
    min: 1,
    user: userNamed("Ada"),
    place: { names: "open" },
    rooms: [{ room: "general", epoch: "e1", head: 0 }],
    limits: { ...LIMITS, pingSeconds: 25, lifetimeSeconds: 7_200 },
    features: [],
    serverTime: "2026-11-22T10:00:00.000Z",
    resumed: [],
    ...more,
  };
}

export function pageFrame(texts: readonly string[], more: object = {}): object {
  const messages = texts.map((text, index) => messageFrame(index + 1, text)).reverse();
  const base = { type: "history", id: "newest", room: "general", epoch: "e1" };
  return { ...base, messages, prev: null, next: null, order: "newest-first", ...more };
}

export function messageFrame(seq: number, text: string, more: object = {}): object {
  return {
    type: "message",
    timestamp: new Date(Date.UTC(2026, 10, 22, 10, seq)).toISOString(),
    username: "Bob",
    userId: "bob",
    message: text,
    messageId: `m${seq}`,
    room: "general",
    seq,
    ...more,
  };
}
