import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ClientCommand } from "../wire/frames";
import type { Frame } from "../wire/parse";
import { Answers } from "./answers";

const SMALL: ClientCommand & { id: string } = { action: "sendMessage", id: "n1", message: "hi" };
const LARGE: (ClientCommand & { id: string })[] = [
  { action: "getHistory", id: "newest" },
  { action: "resume", id: "resume", room: "general", epoch: "e1", after: 1 },
  { action: "hello", id: "hello", v: 1, resume: { general: { epoch: "e1", after: 1 } } },
];

let answers: Answers;
let timeouts: number;

beforeEach(() => {
  vi.useFakeTimers();
  timeouts = 0;
  answers = new Answers(() => {
    timeouts += 1;
  });
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);
const answerTo = (id: string) => ({ type: "error", id }) as Frame;

it.each([
  [SMALL],
  [{ action: "ping", id: "ping" } as const],
  [{ action: "hello", id: "hello", v: 1 } as const],
])("waits ten seconds for a small answer on a silent line (%j)", (command) => {
  answers.expect(command);
  pass(9.9);
  expect(timeouts).toBe(0);
  pass(0.1);
  expect(timeouts).toBe(1);
});

it("waits from the last frame on, whatever it was, and from the first command", () => {
  answers.expect(SMALL);
  pass(9);
  answers.heard(null);
  pass(9);
  answers.heard(answerTo("another"));
  pass(9);
  answers.expect({ ...SMALL, id: "n2" });
  expect(timeouts).toBe(0);
  pass(1);
  expect(timeouts).toBe(1);
});

it.each(LARGE.map((command) => [command]))(
  "waits a minute for a page of messages (%j)",
  (command) => {
    answers.expect(command);
    pass(59.9);
    expect(timeouts).toBe(0);
    pass(0.1);
    expect(timeouts).toBe(1);
  },
);

it("lets a small answer come behind a large one, and then waits ten seconds again", () => {
  const [page] = LARGE as [ClientCommand & { id: string }];
  answers.expect(SMALL);
  answers.expect(page);
  pass(30);
  expect(timeouts).toBe(0);
  answers.heard(answerTo(page.id));
  pass(9.9);
  expect(timeouts).toBe(0);
  pass(0.1);
  expect(timeouts).toBe(1);
});

it("waits a minute for a small answer at the most, whatever else arrives", () => {
  answers.expect(SMALL);
  for (let seconds = 0; seconds < 59; seconds += 1) {
    pass(1);
    answers.heard({ type: "message" } as Frame);
  }
  expect(timeouts).toBe(0);
  pass(1);
  expect(timeouts).toBe(1);
});

it("takes a push that carries the nonce for the answer to a send", () => {
  answers.expect(SMALL);
  answers.heard({ type: "message", nonce: "n1" } as Frame);
  pass(600);
  expect(timeouts).toBe(0);
});

it("waits for nothing when all is answered, or when the connection is closed", () => {
  answers.expect(SMALL);
  answers.heard(answerTo("n1"));
  for (const command of LARGE) answers.expect(command);
  answers.expect(SMALL);
  answers.forget();
  pass(600);
  expect(timeouts).toBe(0);
});
