import { describe, expect, it } from "vitest";
import type { LeadStep, StepKey } from "@/data/leads";
import { openStep, progressOf, remaining, remainingOf, statusOf, stepsOf } from "./steps";

const step = (key: StepKey, more: Partial<LeadStep> = {}): LeadStep => ({
  key,
  title: key,
  status: "pending",
  started: null,
  finished: null,
  detail: "",
  costUsd: null,
  runId: "",
  stream: "",
  waitId: "",
  estimate: { seconds: 10, n: 5 },
  ...more,
});
const READ = [step("enrich", { status: "done", started: "1970-01-01T00:00:01Z", finished: "1970-01-01T00:00:03Z" }), step("research"), step("write_emails", { estimate: { seconds: 4, n: 9 } }), step("build_page", { estimate: { seconds: 6, n: 9 } })];
const GOING = { isCompleted: false, isSuccess: false, isCancelled: false };
const metadata = { "step.enrich": { status: "done", started: 1_000, finished: 3_000, costUsd: 0.28 }, "step.research": { status: "running", started: 3_000, runId: "run_2" }, progress: 15 };

describe("the steps of a lead", () => {
  it("are those that were read, with what the run says since", () => {
    const steps = stepsOf(READ, { ...GOING, metadata });
    expect(steps.map((one) => one.status)).toEqual(["COMPLETED", "EXECUTING", "PENDING", "PENDING"]);
    expect([steps[0]?.costUsd, steps[1]?.runId, steps[1]?.finished]).toEqual([0.28, "run_2", undefined]);
  });

  it("are as they were read when the run is kept no longer", () => {
    expect(stepsOf(READ)[0]).toMatchObject({ status: "COMPLETED", started: 1_000, finished: 3_000 });
  });

  it("are pending again when the lead is tried once more", () => {
    const failed = [step("enrich", { status: "failed", detail: "no credit" })];
    expect(stepsOf(failed, { ...GOING, metadata: {} })[0]?.status).toBe("PENDING");
    expect(stepsOf(failed)[0]?.status).toBe("FAILED");
  });

  it("fail with their run, and are canceled with it", () => {
    const ended = { isCompleted: true, isSuccess: false, metadata };
    expect(stepsOf(READ, { ...ended, isCancelled: false })[1]?.status).toBe("FAILED");
    expect(stepsOf(READ, { ...ended, isCancelled: true })[1]?.status).toBe("CANCELED");
  });

  it("are open where something goes on, or failed", () => {
    expect(openStep(stepsOf(READ, { ...GOING, metadata }))).toBe("research");
    expect(openStep(stepsOf([step("research", { status: "failed" })]))).toBe("research");
    expect(openStep(stepsOf([step("research")]))).toBeUndefined();
  });

  it("take as long as they usually do, the writing at once", () => {
    expect(remaining(stepsOf(READ, { ...GOING, metadata }), 5_000)).toEqual({ ms: 8_000 + 6_000, n: 5 });
    expect(remaining(stepsOf([step("research", { estimate: null })]), 0)).toBeUndefined();
  });

  it("take as long as is left of what they usually take, and never nothing", () => {
    const [read, running] = stepsOf(READ, { ...GOING, metadata });
    if (!read || !running) throw new Error("there are four");
    expect(remainingOf(running, 5_000)).toEqual({ ms: 8_000, n: 5 });
    expect(remainingOf(running, 60_000)).toEqual({ ms: 500, n: 5 });
    expect(remainingOf(read, 5_000)).toBeUndefined();
  });

  it("say how far the whole is, and that only a person lets a lead wait", () => {
    expect([progressOf(metadata), progressOf({ progress: 400 }), progressOf(undefined)]).toEqual([0.15, 1, 0]);
    expect(statusOf({ status: "WAITING", metadata: {} }, "running")).toBe("EXECUTING");
    expect(statusOf({ status: "WAITING", metadata: { awaits: "approval" } }, "running")).toBe("WAITING");
    expect(statusOf(undefined, "archived")).toBe("COMPLETED");
  });
});
