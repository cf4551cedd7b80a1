// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import type { Run } from "@runcast/client";
import { afterEach, expect, it } from "vitest";
import type { LogLine } from "@/data/run";
import type { Span } from "@/data/trace";
import { LogsOf } from "./LogsOf";

const line = (seq: number): LogLine => ({ seq, at: "2026-11-22T00:00:00Z", level: "info", message: `line ${seq}`, attempt: 1, step: seq === 0 ? "first:0" : "second:0" });
const step = (key: string) => ({ kind: "step", key, name: "fetch", startedAt: 0 }) as Span;

function shown(count: number, span: Span): string {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(["run", "run_1", "logs"], Array.from({ length: count }, (_, seq) => line(seq)));
  const { container } = render(
    <QueryClientProvider client={queries}>
      <LogsOf run={{ id: "run_1" } as Run} span={span} />
    </QueryClientProvider>,
  );
  return container.textContent ?? "";
}

afterEach(cleanup);

it("says which lines it shows, and never that there are none because it did not read so far", () => {
  expect(shown(1_000, step("first:0"))).toContain("Of the first 1,000 lines");
  expect(shown(1_000, step("late:0"))).toContain("Not in the first 1,000 lines");
  expect(shown(10, step("late:0"))).toContain("Nothing was logged while fetch went on");
});
