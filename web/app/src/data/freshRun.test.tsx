// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render } from "@testing-library/react";
import type { LiveSubscriber } from "@runcast/client";
import { Runcast } from "@runcast/client";
import { RuncastProvider } from "@runcast/react-hooks";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useFreshParts } from "./freshRun";

const followed: { subscriber: LiveSubscriber; signal: AbortSignal | undefined }[] = [];
class Wire extends Runcast {
  override follow(_: readonly string[], subscriber: LiveSubscriber, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    followed.push({ subscriber, signal });
    return new Promise(() => undefined);
  }
}

const queries = new QueryClient();
const parts = ["whole", "why", "artifacts", "logs"];
const stale = () => parts.filter((name) => queries.getQueryState(["run", "run_1", name])?.isInvalidated);
const standing = () => followed.find((one) => !one.signal?.aborted)?.subscriber;
const later = () => act(() => vi.advanceTimersByTimeAsync(500));

function Page() {
  useFreshParts("run_1");
  return null;
}

beforeEach(() => {
  vi.useFakeTimers();
  followed.length = 0;
  for (const name of parts) queries.setQueryData(["run", "run_1", name], {});
  render(
    <StrictMode>
      <RuncastProvider client={new Wire()}>
        <QueryClientProvider client={queries}>
          <Page />
        </QueryClientProvider>
      </RuncastProvider>
    </StrictMode>,
  );
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

it("reads once more what may have changed before the connection stood", async () => {
  standing()?.onReset(["run:run_1"]);
  await later();
  expect(stale()).toEqual(parts);
});

it("reads what a change makes old, again and again", async () => {
  for (const seq of [1, 2]) {
    standing()?.onEvents([{ t: "run:run_1", seq, kinds: ["artifact"], d: { id: "run_1" } as never }]);
    await later();
    expect(stale()).toEqual(["artifacts"]);
    queries.setQueryData(["run", "run_1", "artifacts"], {});
  }
});
