// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Contained } from "./Contained";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Broken(): never {
  throw new Error("nested too deeply");
}

it("what goes wrong in a part of a page leaves the rest, and the next one begins anew", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const page = (part: "bad" | "good") => (
    <>
      <p>the rest</p>
      <Contained of={part}>{part === "bad" ? <Broken /> : <p>the part</p>}</Contained>
    </>
  );
  const { rerender } = render(page("bad"));
  expect(screen.getByText("the rest")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain("nested too deeply");
  rerender(page("good"));
  expect(screen.getByText("the part")).toBeTruthy();
});
