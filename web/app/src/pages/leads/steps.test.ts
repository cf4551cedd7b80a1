import { describe, expect, it } from "vitest";
import { openStep, progressOf, remainingMs, stepsOf } from "./steps";

const metadata = {
  steps: [
    { key: "enrich", title: "Profile" },
    { key: "research", title: "Research" },
    { key: "write_emails", title: "E-mails" },
    { key: "build_page", title: "Landing page" },
  ],
  "step.enrich": { status: "done", started: 1_000, finished: 3_000, detail: "From the address", costUsd: 0.28, runId: "run_1" },
  "step.research": { status: "running", started: 3_000 },
  progress: 15,
};

describe("the steps of a lead", () => {
  it("are those that are planned, and pending until they begin", () => {
    expect(stepsOf(metadata).map((step) => [step.key, step.status])).toEqual([
      ["enrich", "COMPLETED"],
      ["research", "EXECUTING"],
      ["write_emails", "PENDING"],
      ["build_page", "PENDING"],
    ]);
    expect(stepsOf(undefined)).toEqual([]);
  });

  it("fail with their run, and are canceled with it", () => {
    const ended = { isCompleted: true, isSuccess: false };
    expect(stepsOf(metadata, { ...ended, isCancelled: false })[1]?.status).toBe("FAILED");
    expect(stepsOf(metadata, { ...ended, isCancelled: true })[1]?.status).toBe("CANCELED");
  });

  it("are open where something goes on, or failed", () => {
    expect(openStep(stepsOf(metadata))).toBe("research");
    expect(openStep(stepsOf({ ...metadata, "step.research": { status: "failed" } }))).toBe("research");
    expect(openStep(stepsOf({ steps: metadata.steps }))).toBeUndefined();
  });

  it("take as long as they usually do, the writing at once", () => {
    const usual = { research: { p50Ms: 10_000, n: 5 }, write_emails: { p50Ms: 4_000, n: 5 }, build_page: { p50Ms: 6_000, n: 5 } };
    expect(remainingMs(stepsOf(metadata), usual, 5_000)).toBe(8_000 + 6_000);
    expect(remainingMs(stepsOf(metadata), { ...usual, research: { p50Ms: 10_000, n: 2 } }, 5_000)).toBeUndefined();
  });

  it("say how far the whole is", () => {
    expect([progressOf(metadata), progressOf({ progress: 400 }), progressOf(undefined)]).toEqual([0.15, 1, 0]);
  });
});
