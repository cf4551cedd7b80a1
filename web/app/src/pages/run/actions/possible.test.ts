import type { Run } from "@runcast/client";
import { describe, expect, it } from "vitest";
import { possible } from "./possible";

const run = (fields: Partial<Run>): Run => ({ id: "run_1", status: "FAILED", isCompleted: true, isSuccess: false, ...fields }) as Run;
const step = { runId: "run_1", kind: "step", key: "step:1", error: { message: "no" } } as const;

describe("what can be done", () => {
  it("with what failed: it goes on, once", () => {
    expect(possible(run({}), { data: [] }, undefined)).toMatchObject({ resume: true, cancel: false, replay: true, reschedule: false });
    expect(possible(run({}), { data: [], continuedById: "run_2" }, undefined).resume).toBe(false);
    expect(possible(run({}), undefined, undefined).resume).toBe(false);
  });

  it("with what lives: it is canceled, and moved while it is delayed", () => {
    expect(possible(run({ status: "EXECUTING", isCompleted: false }), { data: [] }, undefined)).toMatchObject({ resume: false, cancel: true, reschedule: false });
    expect(possible(run({ status: "DELAYED", isCompleted: false }), { data: [] }, undefined).reschedule).toBe(true);
    expect(possible(run({ status: "WAITING", isCompleted: false }), { data: [], parkedReason: "drift" }, undefined).resume).toBe(true);
  });

  it("with what was told to end and does not: it is forced", () => {
    expect(possible(run({ status: "CANCELED" }), { data: [] }, undefined).force).toBe(false);
    expect(possible(run({ status: "CANCELED" }), { data: [], stopping: { since: "2026-11-22T00:00:00Z", bodies: 1 } }, undefined)).toMatchObject({ force: true, cancel: false });
  });

  it("with a step: of its own run, and only what failed is skipped", () => {
    expect(possible(run({}), { data: [] }, step)).toMatchObject({ forkFrom: "step:1", skip: "step:1" });
    expect(possible(run({}), { data: [] }, { ...step, error: undefined })).toMatchObject({ forkFrom: "step:1", skip: undefined });
    expect(possible(run({}), { data: [] }, { ...step, runId: "run_2" })).toMatchObject({ forkFrom: undefined, skip: undefined });
    expect(possible(run({}), { data: [] }, undefined, "step:9")).toMatchObject({ forkFrom: "step:9", skip: "step:9" });
    expect(possible(run({ status: "COMPLETED", isSuccess: true }), { data: [] }, step).skip).toBeUndefined();
  });
});
