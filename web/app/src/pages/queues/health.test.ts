import { describe, expect, it } from "vitest";
import type { Run } from "@runcast/client";
import type { Queue } from "@/data/queues";
import { healthOf } from "./health";
import { waitedP95 } from "./waited";

const now = Date.parse("2026-11-21T12:00:00Z");
const queue: Queue = { id: "queue_1", name: "mail", type: "custom", running: 0, queued: 0, paused: false, concurrencyLimit: 5, concurrency: { current: 5, base: 5, override: null } };
const long = "2026-11-21T11:59:00Z";

describe("the health of a queue", () => {
  it.each([
    [{}, "Idle"],
    [{ running: 2 }, "Busy"],
    [{ running: 5, queued: 1, oldestAt: long }, "At limit"],
    [{ running: 5, queued: 0 }, "Busy"],
    [{ queued: 3, paused: true }, "Paused"],
    [{ queued: 3, oldestAt: long }, "Starved"],
    [{ queued: 3, oldestAt: "2026-11-21T11:59:59Z" }, "Busy"],
    [{ queued: 3, running: 1, oldestAt: long, rate: { count: 1, periodMs: 60_000 } }, "Slow start"],
    [{ running: 500, concurrencyLimit: null, queued: 9 }, "Busy"],
  ])("of %o is %s", (change, word) => expect(healthOf({ ...queue, ...change }, now).word).toBe(word));
});

describe("how long runs waited", () => {
  const run = (after: number, change: Partial<Run> = {}) => ({ createdAt: "2026-11-21T12:00:00Z", startedAt: new Date(now + after).toISOString(), ...change }) as Run;

  it("is what 95 of 100 waited at most", () => {
    const runs = Array.from({ length: 100 }, (_, index) => run(index + 1));
    expect(waitedP95(runs)).toEqual({ ms: 95, count: 100 });
    expect(waitedP95([run(7)])).toEqual({ ms: 7, count: 1 });
  });

  it("counts from the end of a delay, and not before there is a start", () => {
    expect(waitedP95([run(5_000, { delayedUntil: "2026-11-21T12:00:04Z" })])).toEqual({ ms: 1_000, count: 1 });
    expect(waitedP95([{ createdAt: "2026-11-21T12:00:00Z" } as Run])).toBeUndefined();
  });
});
