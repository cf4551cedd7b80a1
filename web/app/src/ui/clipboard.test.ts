// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { toClipboard } from "./clipboard";

const copied: string[] = [];

function page(clipboard: { writeText: (text: string) => Promise<void> } | undefined, isAllowed = true): HTMLButtonElement {
  vi.stubGlobal("navigator", { clipboard });
  document.execCommand = () => {
    if (isAllowed) copied.push((document.activeElement as HTMLTextAreaElement).value);
    return isAllowed;
  };
  document.body.innerHTML = "<div role=dialog><button>Copy</button></div>";
  const button = document.querySelector("button");
  if (!button) throw new Error("no button");
  button.focus();
  return button;
}

beforeEach(() => void (copied.length = 0));
afterEach(() => vi.unstubAllGlobals());

it("copies by the browser's clipboard", async () => {
  page({ writeText: (text) => Promise.resolve(void copied.push(text)) });
  await toClipboard("run_1");
  expect(copied).toEqual(["run_1"]);
});

it("copies over http, too, and leaves the focus where it was", async () => {
  const button = page(undefined);
  await toClipboard("run_1");
  expect([copied, document.activeElement, document.querySelector("textarea")]).toEqual([["run_1"], button, null]);
});

it("says when nothing was copied", async () => {
  page(undefined, false);
  await expect(toClipboard("run_1")).rejects.toThrow("copies nothing here");
});
