/** Checks everything that the server sends: text in, a known frame or null out. */

import type {
  AckFrame,
  AuditEntry,
  AuditFrame,
  ClaimedFrame,
  ClosingFrame,
  Device,
  DeviceLinkFrame,
  DevicesFrame,
  ErrorCode,
  ErrorFrame,
  HelloFrame,
  HistoryFrame,
  LinkedFrame,
  MessageFrame,
  PersonFrame,
  Place,
  PongFrame,
  RecoveryFrame,
  ResumedFrame,
  Role,
  ServerFrame,
  User,
  YouChange,
  YouFrame,
} from "./frames";

export type Frame = ServerFrame;

/** Return the frame, or null for an unknown or malformed one. Never throws. */
export function parse(text: string): Frame | null {
  const value = fromJson(text);
  if (!isRecord(value) || typeof value.type !== "string") return null;
  const isFrame = FRAMES.get(value.type);
  return isFrame?.(value) ? value : null;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Check<T> = (value: unknown) => value is T;
type Fields<T> = { [Name in keyof T]-?: Check<T[Name]> };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const text: Check<string> = (value) => typeof value === "string";
/** Any other can't be shown. */
const moment: Check<string> = (value): value is string =>
  text(value) && !Number.isNaN(Date.parse(value));
const flag: Check<boolean> = (value) => typeof value === "boolean";
export const count: Check<number> = (value): value is number => Number.isSafeInteger(value);

export function only<T extends string>(...allowed: readonly T[]): Check<T> {
  return (value): value is T => allowed.some((one) => one === value);
}

function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

export function listOf<T>(check: Check<T>): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

function mapOf<T>(check: Check<T>): Check<Record<string, T>> {
  return (value): value is Record<string, T> =>
    isRecord(value) && Object.values(value).every(check);
}

/** Typed so that the compiler demands a check of every field of `T`. */
export function shape<T>(fields: Fields<T>): Check<T> {
  const checks = Object.entries(fields) as [string, Check<unknown>][];
  return (value): value is T => isRecord(value) && checks.every(([name, is]) => is(value[name]));
}

/** An older server, and what a device stored of one, says no more than the name. */
export const isUser = shape<User>({
  userId: text,
  username: text,
  claimed: optional(flag) as Check<boolean>,
  role: optional(text) as Check<Role>,
  mutedUntil: optional(moment),
});

export const isMessage = shape<MessageFrame>({
  type: only("message"),
  timestamp: moment,
  username: text,
  message: text,
  messageId: text,
  room: text,
  seq: count,
  userId: text,
  nonce: optional(text),
  replyTo: optional(text),
  unclaimed: optional(flag) as Check<true | undefined>,
});

const resumed = shape<ResumedFrame>({
  type: only("resumed"),
  id: optional(text),
  room: text,
  epoch: text,
  from: count,
  to: count,
  events: listOf(isMessage),
  more: flag,
  reset: flag,
});

const hello = shape<HelloFrame>({
  type: only("hello"),
  id: optional(text),
  v: count,
  min: count,
  user: isUser,
  place: optional(shape<Place>({ names: only("open", "claimed") })) as Check<Place>,
  rooms: listOf(shape({ room: text, epoch: text, head: count })),
  limits: shape({
    textCharacters: count,
    usernameMinCharacters: count,
    usernameMaxCharacters: count,
    nonceCharacters: count,
    idCharacters: count,
    historyMessages: count,
    frameBytes: count,
    pingSeconds: count,
    lifetimeSeconds: count,
  }),
  features: listOf(text),
  serverTime: text,
  resumed: listOf(resumed),
});

const ack = shape<AckFrame>({
  type: only("ack"),
  id: optional(text),
  nonce: text,
  messageId: text,
  room: text,
  seq: count,
  timestamp: moment,
  duplicate: flag,
});

const history = shape<HistoryFrame>({
  type: only("history"),
  id: optional(text),
  room: text,
  epoch: text,
  messages: listOf(isMessage),
  prev: nullable(count),
  next: nullable(count),
  order: only("newest-first", "oldest-first"),
});

const error = shape<ErrorFrame>({
  type: only("error"),
  id: optional(text),
  // A newer server may have more codes; the page depends on `retryable` alone.
  code: text as Check<ErrorCode>,
  message: text,
  field: optional(text),
  retryable: flag,
  retryAfterMs: optional(count),
});

const closing = shape<ClosingFrame>({
  type: only("closing"),
  reason: text,
  again: flag,
  retryAfterMs: optional(count),
});

const pong = shape<PongFrame>({
  type: only("pong"),
  id: optional(text),
  heads: mapOf(count),
  epoch: mapOf(text),
  serverTime: text,
});

const you = shape<YouFrame>({
  type: only("you"),
  id: optional(text),
  user: isUser,
  // A newer server may know of more changes.
  change: text as Check<YouChange>,
  device: optional(text),
});

const claimed = shape<ClaimedFrame>({
  type: only("claimed"),
  id: optional(text),
  user: isUser,
  recovery: nullable(text),
});

const linked = shape<LinkedFrame>({
  type: only("linked"),
  id: optional(text),
  user: isUser,
  recovery: optional(text),
});

const recovery = shape<RecoveryFrame>({ type: only("recovery"), id: optional(text), code: text });

const deviceLink = shape<DeviceLinkFrame>({
  type: only("deviceLink"),
  id: optional(text),
  secret: text,
  expiresAt: moment,
});

const devices = shape<DevicesFrame>({
  type: only("devices"),
  id: optional(text),
  devices: listOf(
    shape<Device>({ device: text, label: text, addedAt: moment, lastDay: moment, here: flag }),
  ),
  recoveryAt: optional(moment),
});

const person = shape<PersonFrame>({
  type: only("person"),
  id: optional(text),
  user: isUser,
  banned: flag,
});

const audit = shape<AuditFrame>({
  type: only("audit"),
  id: optional(text),
  entries: listOf(
    shape<AuditEntry>({
      entry: text,
      at: moment,
      by: text,
      action: text,
      person: text,
      detail: text,
    }),
  ),
  next: nullable(text),
});

/** A Map, because a plain object would answer for "constructor". */
const FRAMES = new Map<string, Check<Frame>>([
  ["hello", hello],
  ["message", isMessage],
  ["ack", ack],
  ["history", history],
  ["resumed", resumed],
  ["error", error],
  ["closing", closing],
  ["pong", pong],
  ["you", you],
  ["claimed", claimed],
  ["linked", linked],
  ["recovery", recovery],
  ["deviceLink", deviceLink],
  ["devices", devices],
  ["person", person],
  ["audit", audit],
]);
