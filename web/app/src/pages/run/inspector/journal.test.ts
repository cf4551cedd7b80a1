import { describe, expect, it } from "vitest";
import type { EntryFact } from "@/data/trace";
import { howUsed } from "./journal";

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString();
const ms = (second: number) => Date.parse(at(second));
const entry = (fields: Partial<EntryFact>): EntryFact => ({ key: "a", kind: "step", name: "a", status: "done", startedAt: ms(10), finishedAt: ms(11), ...fields });
const live = { createdAt: at(5), isCompleted: false, isResumed: true, attempts: [{ number: 1, startedAt: at(6) }] };

describe("an entry of the journal", () => {
  it("is recorded by the run that did it", () => expect(howUsed(entry({}), live)).toBe("recorded"));

  it("is reused when it is older than the run, or of an attempt before the last", () => {
    expect(howUsed(entry({ startedAt: ms(1), finishedAt: ms(2) }), live)).toBe("reused");
    expect(howUsed(entry({}), { ...live, attempts: [...live.attempts, { number: 2, startedAt: at(20) }] })).toBe("reused");
    expect(howUsed(entry({ status: "failed" }), { ...live, attempts: [...live.attempts, { number: 2, startedAt: at(20) }] })).toBe("recorded");
  });

  it("of a run that goes on from no other is its own, whatever the clocks say", () => {
    const early = entry({ startedAt: ms(5) - 30 });
    expect(howUsed(early, { ...live, isResumed: false })).toBe("recorded");
    expect(howUsed(early, live)).toBe("reused");
  });

  it("that was forgotten is done again, or never was", () => {
    expect(howUsed(entry({ status: "forgotten" }), live)).toBe("again");
    expect(howUsed(entry({ status: "forgotten" }), { ...live, isCompleted: true })).toBe("unused");
    expect(howUsed(entry({ status: "pending" }), live)).toBe("open");
  });
});
