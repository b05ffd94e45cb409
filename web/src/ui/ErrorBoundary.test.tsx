// @vitest-environment happy-dom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ErrorBoundary } from "./ErrorBoundary";

let root: Root;
let page: HTMLElement;
let isBroken: boolean;

function Part() {
  if (isBroken) throw new Error("broken");
  return <p>whole</p>;
}

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.spyOn(console, "error").mockImplementation(() => {}); // React says what it caught
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
  isBroken = true;
  const retryButton = (retry: () => void) => (
    <button type="button" onClick={retry}>
      again
    </button>
  );
  await act(async () =>
    root.render(
      <>
        <ErrorBoundary fallback={retryButton}>
          <Part />
        </ErrorBoundary>
        <p>beside</p>
      </>,
    ),
  );
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

const retry = () => act(async () => page.querySelector("button")?.click());

it("shows something else in the place of what is broken, and leaves the rest", () => {
  expect(page.textContent).toBe("againbeside");
});

it("shows the children again when a retry goes well", async () => {
  await retry();
  expect(page.textContent).toBe("againbeside");
  isBroken = false;
  await retry();
  expect(page.textContent).toBe("wholebeside");
});
