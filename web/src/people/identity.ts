/**
 * Who I am here: a person whose device this is, or as yet only a name.
 *
 * A name is claimed as soon as the server lets one, without a question.
 */

import { addressOf, type Handshake } from "../connection/handshake";
import type { Database } from "../device/database";
import { deviceLabel } from "../device/label";
import {
  type DeviceSecret,
  fold,
  forgetSecret,
  keepSecret,
  newSecret,
  secretOf,
} from "../device/secrets";
import { readDevice, writeDevice } from "../device/storage";
import type { ClientCommand, ErrorFrame, ServerFrame, User, YouFrame } from "../wire/frames";
import { forgetOwnerLink, storedOwnerLink } from "./links";
import { dropCode, heldCode, holdCode } from "./recoveryCode";
import { type Outcome, Requests } from "./requests";

export type Notice =
  | { kind: "added"; device: string }
  | { kind: "owner" }
  | { kind: "moderator" }
  | { kind: "link" }
  | { kind: "said"; text: string };

export type Self = {
  /** Null until the server said it. */
  readonly user: User | null;
  /** Whether this server lets names be claimed. */
  readonly claims: boolean;
  /** The recovery code, until it is kept. */
  readonly code: string | null;
  /** Whether to ask for a way back: the name is mine, on this device alone. */
  readonly needsWayBack: boolean;
  readonly notice: Notice | null;
};

/** The connection, as far as it is needed here. */
type Line = {
  ask: (command: ClientCommand & { id: string }) => boolean;
  reconnect: () => void;
  taken: () => void;
  end: (closing: { again: boolean; reason: string }) => void;
};

export class Identity implements Handshake {
  private self: Self = { user: null, claims: false, code: null, needsWayBack: false, notice: null };
  private known: DeviceSecret = { secret: newSecret(), userId: null };
  private loading: Promise<void> | null = null;
  private isOwning = false;
  /** The name under which this device knows itself; it follows that of the person. */
  private name: string;
  private readonly requests: Requests;
  private readonly subscribers = new Set<() => void>();

  constructor(
    name: string,
    private readonly database: Database,
    private readonly line: Line,
  ) {
    this.name = name;
    this.requests = new Requests(line.ask);
  }

  readonly ready = (): Promise<void> => {
    this.loading ??= secretOf(this.database, this.name).then((stored) => {
      this.known = stored;
    });
    return this.loading;
  };

  readonly address = (): string => addressOf(this.name, this.known.userId);

  readonly secrets = (): string[] => [`device.${this.known.secret}`];

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  };

  readonly getSelf = (): Self => this.self;

  readonly getName = (): string => this.name;

  readonly receive = (frame: ServerFrame): void => {
    this.requests.receive(frame);
    if (frame.type === "hello") this.welcomed(frame.user, frame.features.includes("claim"));
    if (frame.type === "you") this.changed(frame);
  };

  readonly disconnected = (): void => this.requests.disconnected();

  /** Names must be claimed here, so it is claimed before the next greeting. */
  readonly refused = (error: ErrorFrame): boolean => {
    if (error.code !== "unauthorized") return false;
    void this.claim(null);
    return true;
  };

  /** Send a command and return its answer. */
  readonly request: Requests["send"] = (command, type) => this.requests.send(command, type);

  readonly rename = async (name: string): Promise<Outcome<YouFrame>> => {
    const outcome = await this.request({ action: "rename", name }, "you");
    if (outcome.ok) this.settle(outcome.frame.user);
    return outcome;
  };

  /** Replace the recovery code; the new one is shown until it is kept. */
  readonly renewCode = async (): Promise<string | null> => {
    const outcome = await this.request({ action: "recovery" }, "recovery");
    if (!outcome.ok) return outcome.problem ?? "";
    this.hold(outcome.frame.code);
    return null;
  };

  /** The person has a way back, or wants none now. */
  readonly settledWayBack = (): void => {
    const { user } = this.self;
    if (!user) return;
    dropCode(user.userId);
    writeDevice(wayBackKey(user), null);
    this.set({ code: null, needsWayBack: false });
  };

  /** Not now: the line goes; a code that was not kept yet can still be read. */
  readonly postponeWayBack = (): void => {
    const { user } = this.self;
    if (user) writeDevice(wayBackKey(user), null);
    this.set({ needsWayBack: false });
  };

  readonly note = (notice: Notice | null): void => this.set({ notice });

  /** End this device on the server, too, as far as that can be reached. */
  readonly signOut = async (): Promise<void> => {
    const listed = await this.request({ action: "devices" }, "devices");
    const here = listed.ok && listed.frame.devices.find((it) => it.here);
    if (here) await this.request({ action: "revokeDevice", device: here.device }, "devices");
  };

  /** Forget the secret of a name that is given up. */
  readonly forget = (): Promise<void> => forgetSecret(this.database, this.name);

  private welcomed(user: User, claims: boolean): void {
    this.set({ user, claims });
    if (user.claimed) this.settle(user);
    else if (claims) void this.claim(user);
  }

  /** `user`: who the server said hello to; null if it wants the name to be claimed first. */
  private async claim(user: User | null): Promise<void> {
    const label = deviceLabel();
    const command = { action: "claim", name: this.name, ...(label && { label }) } as const;
    const outcome = await this.request(command, "claimed");
    if (!outcome.ok) return this.claimRefused(outcome.code, outcome.problem, user);
    const { user: claimed, recovery } = outcome.frame;
    writeDevice(wayBackKey(claimed), "open");
    if (recovery !== null) holdCode(claimed.userId, recovery);
    this.settle(claimed);
    askToPersist();
    if (claimed.userId !== user?.userId) this.line.reconnect();
  }

  private claimRefused(code: string | null, problem: string | null, user: User | null): void {
    if (code === "name_taken") this.line.taken();
    else if (user === null && problem !== null) this.line.end({ again: false, reason: problem });
  }

  private changed({ user, change, device }: YouFrame): void {
    this.settle(user);
    if (change === "device_added" && device) this.note({ kind: "added", device });
    if (change === "device_link") this.note({ kind: "link" });
    if (change !== "role") return;
    if (user.role === "owner" || user.role === "moderator") this.note({ kind: user.role });
  }

  /** Keep on this device who I am, under the name that I have now. */
  private settle(user: User): void {
    const code = heldCode(user.userId);
    const needsWayBack = readDevice(wayBackKey(user)) !== null;
    this.set({ user, code, needsWayBack });
    if (!user.claimed) return;
    const isRenamed = fold(user.username) !== fold(this.name);
    if (isRenamed || this.known.userId !== user.userId) {
      this.known = { ...this.known, userId: user.userId };
      void keepSecret(this.database, user.username, this.known);
    }
    if (isRenamed) this.follow(user.username);
    void this.own();
  }

  private follow(name: string): void {
    noteRenamed(this.name, name);
    void forgetSecret(this.database, this.name);
    this.name = name;
    this.set({});
  }

  /** Become an owner, where the link was opened that makes one. */
  readonly own = async (): Promise<void> => {
    const secret = storedOwnerLink();
    if (secret === null || this.isOwning) return;
    this.isOwning = true;
    const outcome = await this.request({ action: "own", secret }, "you");
    this.isOwning = false;
    if (outcome.ok || outcome.problem !== null) forgetOwnerLink();
    if (!outcome.ok && outcome.problem !== null) this.note({ kind: "said", text: outcome.problem });
  };

  private hold(code: string): void {
    const { user } = this.self;
    if (user) holdCode(user.userId, code);
    this.set({ code });
  }

  private set(change: Partial<Self>): void {
    this.self = { ...this.self, ...change };
    for (const subscriber of this.subscribers) subscriber();
  }
}

/** Under which name a device stores what belongs to a name: the first of those that its user had. */
export function storedAs(name: string): string {
  return readDevice(storedAsKey(name)) ?? name;
}

function noteRenamed(before: string, now: string): void {
  const first = storedAs(before);
  writeDevice(storedAsKey(before), null);
  writeDevice(storedAsKey(now), first === now ? null : first);
}

function storedAsKey(name: string): string {
  return `as.${fold(name)}`;
}

function wayBackKey({ userId }: User): string {
  return `wayback.${userId}`;
}

/** Some browsers delete what a page has stored when nobody has come for a week. */
function askToPersist(): void {
  void navigator.storage?.persist?.().catch(() => {});
}
