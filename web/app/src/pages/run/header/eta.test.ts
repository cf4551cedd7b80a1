import { describe, expect, it } from "vitest";
import { clamped, remaining } from "./eta";

const base = { elapsedMs: 4_000, isWaitingForPerson: false };

describe("the remaining time", () => {
  it("is on the person who is waited for, whatever else is known", () => {
    expect(remaining({ ...base, isWaitingForPerson: true, saidS: 3, p50Ms: 9_000, count: 38 })).toEqual({ kind: "you" });
  });

  it("is what the run says itself, less the time since it said so", () => {
    expect(remaining({ ...base, saidS: 90, saidAgoMs: 30_000, p50Ms: 1, count: 99 })).toEqual({ kind: "said", ms: 60_000 });
    expect(remaining({ ...base, saidS: 1, saidAgoMs: 30_000 })).toEqual({ kind: "said", ms: 0 });
  });

  it("is what half of the runs before took, with how many these were", () => {
    expect(remaining({ ...base, p50Ms: 10_000, count: 38 })).toEqual({ kind: "seen", ms: 6_000, count: 38 });
  });

  it("is unknown below three runs, and late after more than half of them took", () => {
    expect(remaining({ ...base, p50Ms: 10_000, count: 2 })).toBeUndefined();
    expect(remaining({ ...base })).toBeUndefined();
    expect(remaining({ ...base, p50Ms: 3_000, count: 5 })).toEqual({ kind: "late", count: 5 });
  });

  it("does not grow by a little", () => {
    expect(clamped(5_000, 5_400)).toBe(5_000);
    expect(clamped(5_000, 4_000)).toBe(4_000);
    expect(clamped(5_000, 9_000)).toBe(9_000);
    expect(clamped(undefined, 9_000)).toBe(9_000);
  });
});
