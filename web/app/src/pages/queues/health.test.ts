import { describe, expect, it } from "vitest";
import type { Queue } from "@/data/queues";
import { healthOf } from "./health";

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
