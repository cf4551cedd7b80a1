import { describe, expect, it } from "vitest";
import { going, run, step, tried } from "./facts.fixture";
import type { RunFact, Within } from "./facts";
import type { Segment } from "./span";
import { shortName } from "./span";
import { attemptsOf, entrySpan, openStepSpan, runSegments, stepSegments, trySpans } from "./spans";

const within = (made: Partial<Within> = {}): Within => ({ attempts: [], entries: new Map(), tries: new Map(), ...made });
const short = (segments: readonly Segment[]) => segments.map(({ kind, from, to }) => `${kind} ${from}-${to ?? ""}`).join(", ");
const entries = (...all: ReturnType<typeof step>[]) => new Map(all.map((one) => [one.key, one]));

describe("the bar of a run", () => {
  it("is its time in the queue, then what it did", () => expect(short(runSegments(run("a"), within()))).toBe("queue 0-10, run 10-1000"));
  it("is open while it goes on", () => expect(short(runSegments(going("a"), within()))).toBe("queue 0-10, run 10-"));
  it("is queue alone as long as nobody took it", () => {
    const { startedAt: _, ...queued } = going("a", { status: "QUEUED" });
    expect(short(runSegments(queued as RunFact, undefined))).toBe("queue 0-");
  });

  it("shows where it did nothing but wait", () => {
    const sleep = step("s", 200, 600, { kind: "sleep" });
    expect(short(runSegments(run("a"), within({ entries: entries(sleep) })))).toBe("queue 0-10, run 10-200, wait 200-600, run 600-1000");
  });

  it("is no wait where a step was at work beside it", () => {
    const sleep = step("s", 200, 600, { kind: "sleep" });
    const work = step("w", 100, 400);
    expect(short(runSegments(run("a"), within({ entries: entries(sleep, work) })))).toBe("queue 0-10, run 10-400, wait 400-600, run 600-1000");
  });

  it("waits until now for an answer that did not come", () => {
    const { finishedAt: _, ...token } = step("t", 300, 0, { kind: "token", status: "pending" });
    expect(short(runSegments(going("a", { status: "WAITING" }), within({ entries: entries(token) })))).toBe("queue 0-10, run 10-300, wait 300-");
  });

  it("has its attempts, with the pauses between them", () => {
    const twice = run("a", { attempt: 2, claimedAt: 700 });
    const known = within({ attempts: [{ number: 1, startedAt: 10, finishedAt: 300, error: { message: "no" } }] });
    expect(short(runSegments(twice, known))).toBe("queue 0-10, run 10-300, backoff 300-700, run 700-1000");
    expect(short(runSegments(going("a", { status: "EXECUTING", attempt: 1, claimedAt: 10 }), known))).toBe("queue 0-10, run 10-300, backoff 300-");
  });

  it("begins an attempt with what it recorded first, when a wait had it claimed again later", () => {
    const twice = run("a", { attempt: 2, claimedAt: 900 });
    const known = within({ attempts: [{ number: 1, startedAt: 250, finishedAt: 300 }], entries: entries(step("w", 500, 600)) });
    expect(attemptsOf(twice, known).map((one) => one.startedAt)).toEqual([10, 500]);
  });
});

describe("the bar of a step", () => {
  it("is one part when it succeeded at once", () => expect(short(stepSegments(5, 9, []))).toBe("run 5-9"));
  it("has every try with the pause after it", () => {
    const tries = [tried("s", 1, 5, { failedAt: 9, retryAt: 20 }), tried("s", 2, 20)];
    expect(short(stepSegments(5, 30, tries))).toBe("run 5-9, backoff 9-20, run 20-30");
    expect(short(stepSegments(5, undefined, tries))).toBe("run 5-9, backoff 9-20, run 20-");
    expect(short(stepSegments(5, undefined, tries.slice(0, 1)))).toBe("run 5-9, backoff 9-");
  });
});

describe("steps", () => {
  it("are known before they are done", () => {
    expect(openStepSpan(going("a"), [tried("s", 1, 50)], "a")).toMatchObject({ status: "EXECUTING", startedAt: 50, finishedAt: undefined });
    const paused = openStepSpan(going("a"), [tried("s", 1, 50, { failedAt: 60, retryAt: 90, error: { message: "busy" } })], "a");
    expect(paused).toMatchObject({ status: "RETRYING", dueAt: 90, error: { message: "busy" } });
  });

  it("go on although their worker's clock is a little behind, and not in a run that was taken anew", () => {
    expect(openStepSpan(going("a", { claimedAt: 52 }), [tried("s", 1, 50)], "a")?.status).toBe("EXECUTING");
    expect(openStepSpan(going("a", { claimedAt: 5_000 }), [tried("s", 1, 50)], "a")).toMatchObject({ status: "CANCELED", finishedAt: 5_000 });
  });

  it("whose run ended without them were given up", () => expect(openStepSpan(run("a", { status: "CANCELED" }), [tried("s", 1, 50)], "a")).toMatchObject({ status: "CANCELED", finishedAt: 1_000 }));

  it("that failed are no reason to worry where the run went on", () => {
    const failed = step("s", 1, 2, { status: "failed", error: { message: "no match" } });
    expect(entrySpan(run("a"), failed, [], "a").isRecovered).toBe(true);
    expect(entrySpan(run("a", { status: "FAILED", error: { message: "other" } }), failed, [], "a").isRecovered).toBe(true);
    expect(entrySpan(run("a", { status: "FAILED", error: { message: "no match" } }), failed, [], "a").isRecovered).toBe(false);
    expect(entrySpan(going("a"), failed, [], "a").isRecovered).toBe(false);
  });

  it("have a row for each try only when there were several", () => {
    const entry = step("s", 5, 30, { tries: 2 });
    const tries = [tried("s", 1, 5, { failedAt: 9, retryAt: 20, error: { message: "busy" } }), tried("s", 2, 20)];
    const span = entrySpan(run("a"), entry, tries, "a");
    expect(trySpans(run("a"), span, tries).map((one) => [one.name, one.status, one.isRecovered])).toEqual([
      ["Try 1", "FAILED", true],
      ["Try 2", "COMPLETED", false],
    ]);
    expect(trySpans(run("a"), entrySpan(run("a"), step("s", 5, 9), [], "a"), tries.slice(1))).toEqual([]);
  });

  it("are called by the part of their name that tells them apart", () => expect([shortName("make.<locals>.slow"), shortName("fetch"), shortName("a.<locals>.b.<locals>.c")]).toEqual(["slow", "fetch", "c"]));
  it("waits end when their run does", () => {
    const { finishedAt: _, ...token } = step("t", 300, 0, { kind: "token", status: "pending" });
    expect(entrySpan(run("a", { status: "CANCELED" }), token, [], "a")).toMatchObject({ status: "CANCELED", finishedAt: 1_000 });
  });
});
