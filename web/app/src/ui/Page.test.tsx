// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Facts } from "./Page";

afterEach(cleanup);

test("facts of the same name are shown once each, however often they are drawn", () => {
  const facts = [
    ["gpt-5-mini", "1 call"],
    ["gpt-5-mini", "85 tokens"],
  ] as const;
  const { container, rerender } = render(<Facts facts={[["Status", "Running"], ...facts]} />);
  for (const word of ["Waiting", "Completed"]) rerender(<Facts facts={[["Status", word], ["Duration", "1s"], ...facts]} />);
  expect([...container.querySelectorAll("dd")].map((one) => one.textContent)).toEqual(["Completed", "1s", "1 call", "85 tokens"]);
});
