// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Layer, onKeyDown, useLayer, useShortcuts } from "./shortcuts";

const done: string[] = [];

function Page() {
  useShortcuts([
    { keys: "r", label: "Replay", run: () => done.push("replay") },
    { keys: "j", label: "Next row", repeats: true, run: () => done.push("next") },
    { keys: "g r", label: "Go to runs", run: () => done.push("runs") },
  ]);
  return null;
}

function Above({ children }: { children?: React.ReactNode }) {
  const layer = useLayer();
  return <Layer value={layer}>{children}</Layer>;
}

function Inside() {
  useShortcuts([{ keys: "a", label: "Approve", run: () => done.push("approve") }]);
  return null;
}

const press = (key: string, options: KeyboardEventInit = {}) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));

beforeEach(() => {
  done.length = 0;
  document.addEventListener("keydown", onKeyDown);
});
afterEach(() => {
  document.removeEventListener("keydown", onKeyDown);
  cleanup();
});

it("does what it does once, however long the key is held; only rows are walked through", () => {
  render(<Page />);
  for (const repeat of [false, true, true]) press("r", { repeat });
  for (const repeat of [false, true, true]) press("j", { repeat });
  expect(done).toEqual(["replay", "next", "next", "next"]);
});

it("is one of the dialog while one is open, and of the page again afterwards", () => {
  const { rerender } = render(
    <StrictMode>
      <Page />
      <Above>
        <Inside />
      </Above>
    </StrictMode>,
  );
  for (const key of ["r", "a", "g", "r"]) press(key);
  expect(done).toEqual(["approve"]);
  rerender(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
  for (const key of ["a", "r", "g", "r"]) press(key);
  expect(done).toEqual(["approve", "replay", "runs"]);
});
