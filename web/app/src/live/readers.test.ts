import { describe, expect, it, vi } from "vitest";
import { Readers } from "./readers";

/** Streams that a test writes; `open` is how many are being read. */
function streams() {
  const written = new Map<string, unknown[]>();
  const ended = new Set<string>();
  let open = 0;
  let most = 0;
  async function* read(runId: string, _key: string, options: { startIndex?: number; signal?: AbortSignal }) {
    open += 1;
    most = Math.max(most, open);
    let at = options.startIndex ?? 0;
    try {
      while (!options.signal?.aborted) {
        const parts = written.get(runId) ?? [];
        while (at < parts.length) yield parts[at++];
        if (ended.has(runId)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      open -= 1;
    }
  }
  return { written, ended, read, most: () => most, open: () => open };
}

function listener() {
  const parts: unknown[] = [];
  return { parts, isDone: false, onParts(more: unknown[]) { parts.push(...more); }, onEnd() { this.isDone = true; } };
}

describe("the streams that tabs read", () => {
  it("are read once for all who listen, from where each wants them", async () => {
    vi.useFakeTimers();
    const { written, ended, read, most } = streams();
    const readers = new Readers(read);
    const [first, second, late] = [listener(), listener(), listener()];
    readers.add("run_1", "text", 0, first);
    readers.add("run_1", "text", 1, second);
    written.set("run_1", ["a", "b"]);
    await vi.advanceTimersByTimeAsync(50);
    readers.add("run_1", "text", 0, late);
    ended.add("run_1");
    await vi.advanceTimersByTimeAsync(50);
    expect([first.parts, second.parts, late.parts]).toEqual([["a", "b"], ["b"], ["a", "b"]]);
    expect([first.isDone, second.isDone, late.isDone, most()]).toEqual([true, true, true, 1]);
    vi.useRealTimers();
  });

  it("take turns over few connections, and miss nothing", async () => {
    vi.useFakeTimers();
    const { written, read, most, open } = streams();
    const readers = new Readers(read);
    const all = Array.from({ length: 8 }, listener);
    const leave = all.map((one, n) => readers.add(`run_${n}`, "text", 0, one));
    for (let round = 0; round < 3; round += 1) {
      all.forEach((_, n) => written.set(`run_${n}`, [...(written.get(`run_${n}`) ?? []), round]));
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect(all.map((one) => one.parts)).toEqual(all.map(() => [0, 1, 2]));
    expect(most()).toBe(3);
    leave.forEach((one) => one());
    await vi.advanceTimersByTimeAsync(3_000);
    expect(open()).toBe(0);
    vi.useRealTimers();
  });
});
