// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import Markdown from "./Markdown";

afterEach(cleanup);

it.each([
  ["too long to be laid out", "# heading\n".repeat(20_000)],
  ["nested too deeply", `${">".repeat(20_000)}x`],
])("markdown that is %s is shown as it is written", (_, text) => {
  const { container } = render(<Markdown text={text} />);
  expect(container.querySelector("h1, blockquote")).toBeNull();
  expect(container.textContent).toBe(text);
});
