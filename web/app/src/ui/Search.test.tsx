// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Search } from "./Search";

const answers: (() => void)[] = [];

/** A page whose address changes a moment after it is told, as routers do. */
function Page() {
  const [value, setValue] = useState("");
  return (
    <>
      <Search value={value} label="Search" onChange={(text) => void answers.push(() => setValue(text))} />
      <button type="button" onClick={() => setValue("of a saved view")}>
        View
      </button>
      <p>{value}</p>
    </>
  );
}

const field = () => screen.getByLabelText<HTMLInputElement>("Search");
const type = (text: string) => fireEvent.change(field(), { target: { value: text } });
const pause = () => act(() => vi.advanceTimersByTime(200));
const answer = () => act(() => answers.shift()?.());

beforeEach(() => {
  vi.useFakeTimers();
  render(<Page />);
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

it("keeps what is typed while the page catches up", () => {
  type("ab");
  pause();
  type("abc");
  answer();
  expect(field().value).toBe("abc");
  pause();
  answer();
  expect([field().value, screen.getByText("abc").tagName]).toEqual(["abc", "P"]);
});

it("keeps the space after which one pauses", () => {
  type("acme ");
  pause();
  answer();
  expect(field().value).toBe("acme ");
});

it("shows what the page chooses by itself", () => {
  type("ab");
  pause();
  answer();
  fireEvent.click(screen.getByText("View"));
  expect(field().value).toBe("of a saved view");
});
