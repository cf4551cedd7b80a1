// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { onKeyDown, useShortcuts } from "@/ui/shortcuts";
import { SignInAgain } from "./SignIn";

const done: string[] = [];

function Page() {
  useShortcuts([{ keys: "r", label: "Replay", run: () => done.push("replay") }]);
  return null;
}

afterEach(() => {
  document.removeEventListener("keydown", onKeyDown);
  cleanup();
});

it("lets no key do anything on the page below, which waits for whoever signs in", () => {
  document.addEventListener("keydown", onKeyDown);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Page />
      <SignInAgain name="ada@example.com" />
    </QueryClientProvider>,
  );
  screen.getByText("Sign in").dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true, cancelable: true }));
  expect(done).toEqual([]);
});
