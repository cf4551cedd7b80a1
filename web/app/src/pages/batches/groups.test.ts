import type { RunStatus } from "@runcast/client";
import { describe, expect, it } from "vitest";
import type { Batch } from "@/data/batches";
import { merged } from "@/data/merge";
import { outcomeOf } from "./BatchStatus";
import { countGroups } from "./groups";

const runs = (...statuses: RunStatus[]) => statuses.map((status) => ({ status }));
const batch = (refused = 0, status: Batch["status"] = "PROCESSING"): Batch => ({
  id: "batch_1",
  status,
  createdAt: "",
  updatedAt: "",
  runCount: 3,
  runs: [],
  processing: { errors: Array.from({ length: refused }, (_, index) => ({ index, taskIdentifier: "t", error: "no" })) },
});

describe("a batch", () => {
  it("runs as long as one of its runs does", () => {
    expect(outcomeOf(batch(), runs("COMPLETED", "FAILED", "WAITING"))).toBe("running");
    expect(outcomeOf(batch(0, "PENDING"), [])).toBe("filling");
  });

  it("is complete only when everything is", () => {
    expect(outcomeOf(batch(), runs("COMPLETED", "COMPLETED"))).toBe("completed");
    expect(outcomeOf(batch(), runs("COMPLETED", "CRASHED"))).toBe("partial");
    expect(outcomeOf(batch(1), runs("COMPLETED"))).toBe("partial");
    expect(outcomeOf(batch(), runs("FAILED", "CANCELED"))).toBe("failed");
    expect(outcomeOf(batch(), runs("CANCELED", "EXPIRED"))).toBe("canceled");
    expect(outcomeOf(batch(3, "ABORTED"), [])).toBe("aborted");
  });

  it("counts every run once", () => {
    expect(countGroups(runs("COMPLETED", "TIMED_OUT", "EXECUTING", "DEQUEUED", "DELAYED", "WAITING"))).toEqual({ completed: 1, failed: 1, canceled: 0, running: 2, waiting: 1, queued: 1 });
  });
});

describe("rows that events change", () => {
  const run = (id: string, status: RunStatus) => ({ id, status, taskIdentifier: "t", tags: [] }) as never;
  const event = (id: string, status: RunStatus) => ({ t: `run:${id}` as const, seq: 1, kinds: [], d: run(id, status) });

  it("change in place, and new ones come on top", () => {
    const rows = merged([run("run_2", "QUEUED"), run("run_1", "QUEUED")], [event("run_1", "COMPLETED"), event("run_3", "QUEUED")], () => true, 10);
    expect(rows.map((one) => [one.id, one.status])).toEqual([["run_3", "QUEUED"], ["run_2", "QUEUED"], ["run_1", "COMPLETED"]]);
  });

  it("leave out what does not fit, and whatever is too old", () => {
    expect(merged([run("run_1", "QUEUED")], [event("run_2", "QUEUED")], () => false, 10)).toHaveLength(1);
    expect(merged([run("run_1", "QUEUED")], [event("run_2", "QUEUED")], () => true, 1)[0]?.id).toBe("run_2");
  });
});
