// @vitest-environment happy-dom
import type { LiveEvent, Run } from "@runcast/client";
import { describe, expect, it } from "vitest";
import type { ListedRun } from "@/data/runs";
import type { SavedView } from "@/data/views";
import { withView } from "@/data/views";
import { activityParams, spanOf, usualPeriod } from "./Activity";
import { saidOf } from "./Children";
import { toCsv } from "./export";
import { begin, extended, FRESH_MAX, loaded, patch, progressOf, refreshed, ROWS_MAX } from "./fold";
import { bulkFilter, fits, isSame, listParams, readRunsSearch, readTyped, topicOf, withFilter, wordsOf } from "./search";
import { everything, NOTHING, ranged, toggled, wholly } from "./selection";
import { windowOf } from "./useWindow";

const run = (id: string, change: Partial<Run> = {}): Run => ({
  id,
  status: "EXECUTING",
  taskIdentifier: "enrich",
  isCompleted: false,
  isSuccess: false,
  isFailed: false,
  isCancelled: false,
  isQueued: false,
  isExecuting: true,
  isWaiting: false,
  isTest: false,
  createdAt: "2026-11-21T12:00:00Z",
  updatedAt: "2026-11-21T12:00:00Z",
  tags: [],
  durationMs: 0,
  costInCents: 0,
  ...change,
});
const row = (id: string, change: Partial<ListedRun> = {}): ListedRun => ({ ...(run(id) as ListedRun), ...change });
const event = (told: Run, seq = 1): LiveEvent => ({ t: `run:${told.id}`, seq, kinds: [], d: told });
const any = () => true;

describe("the list", () => {
  const list = begin([row("run_5"), row("run_3")], "run_3");

  it("changes rows in their place and keeps others the same objects", () => {
    const after = patch(list, [event(run("run_3", { status: "COMPLETED", isCompleted: true, output: "large" }))], any);
    expect(after.rows.map((one) => one.id)).toEqual(["run_5", "run_3"]);
    expect(after.rows[0]).toBe(list.rows[0]);
    expect(after.rows[1]).toMatchObject({ status: "COMPLETED" });
    expect(after.rows[1]).not.toHaveProperty("output");
  });

  it("is the same object when nothing that it shows changed", () => {
    expect(patch(list, [event(run("run_2"))], any)).toBe(list);
    expect(patch(list, [event(run("run_9"))], () => false)).toBe(list);
  });

  it("takes the newest of several changes, and never goes back from an end", () => {
    const ended = patch(list, [event(run("run_5")), event(run("run_5", { status: "FAILED" }), 2)], any);
    expect(ended.rows[0]?.status).toBe("FAILED");
    expect(patch(ended, [event(run("run_5"))], any).rows[0]?.status).toBe("FAILED");
  });

  it("keeps what the stream does not say: the cost; and forgets what is over: the next attempt", () => {
    const before = begin([row("run_5", { costInCents: 2, retryAt: "2026-11-21T12:01:00Z" })], undefined);
    const [after] = patch(before, [event(run("run_5"))], any).rows;
    expect(after?.costInCents).toBe(2);
    expect(after).not.toHaveProperty("retryAt");
  });

  it("counts new runs once each, up to a bound, without showing them", () => {
    const one = patch(list, [event(run("run_6")), event(run("run_7"))], any);
    const two = patch(one, [event(run("run_6", { status: "COMPLETED" }))], any);
    expect([two.fresh.size, two.rows.length]).toEqual([2, 2]);
    const many = Array.from({ length: FRESH_MAX + 50 }, (_, at) => event(run(`run_9${String(at).padStart(5, "0")}`)));
    expect(patch(list, many, any).fresh.size).toBe(FRESH_MAX);
  });

  it("counts runs that fit since then, wherever they belong", () => {
    expect([...patch(list, [event(run("run_4"))], any).fresh]).toEqual(["run_4"]);
    const whole = begin([row("run_5")], undefined);
    expect([...patch(whole, [event(run("run_1", { status: "FAILED" }))], any).fresh]).toEqual(["run_1"]);
    expect(loaded(patch(list, [event(run("run_4"))], any), [row("run_5"), row("run_4"), row("run_3")], undefined).rows.map((one) => one.id)).toEqual(["run_5", "run_4", "run_3"]);
  });

  it("shows new runs on top when they are asked for", () => {
    const waiting = patch(list, [event(run("run_6"))], any);
    const after = loaded(waiting, [row("run_6"), row("run_5")], "run_5");
    expect(after.rows.map((one) => one.id)).toEqual(["run_6", "run_5", "run_3"]);
    expect([after.fresh.size, after.next]).toEqual([0, "run_3"]);
  });

  it("begins anew where there are others between what is new and what is shown", () => {
    const after = loaded(list, [row("run_9"), row("run_8")], "run_8");
    expect(after.rows.map((one) => one.id)).toEqual(["run_9", "run_8"]);
    expect(after.next).toBe("run_8");
  });

  it("reads anew in place: rows change, newer ones wait", () => {
    const after = refreshed(list, [row("run_6"), row("run_5", { costInCents: 7 })]);
    expect(after.rows.map((one) => one.costInCents)).toEqual([7, 0]);
    expect([...after.fresh]).toEqual(["run_6"]);
  });

  it("keeps a run ended that was told to have ended while the list was read", () => {
    const ended = begin([row("run_5", { status: "COMPLETED" })], undefined);
    for (const fold of [refreshed(ended, [row("run_5", { status: "EXECUTING" })]), loaded(ended, [row("run_5", { status: "EXECUTING" })], undefined)]) {
      expect(fold.rows.map((one) => one.status)).toEqual(["COMPLETED"]);
    }
    expect(refreshed(ended, [row("run_5", { status: "COMPLETED", costInCents: 3 })]).rows[0]?.costInCents).toBe(3);
  });

  it("goes on below without doubles, and says when it is full", () => {
    const after = extended(list, [row("run_3"), row("run_2")], undefined);
    expect(after.rows.map((one) => one.id)).toEqual(["run_5", "run_3", "run_2"]);
    const many = Array.from({ length: ROWS_MAX }, (_, at) => row(`run_1${at}`));
    expect(extended(list, many, "run_0").isFull).toBe(true);
  });
});

describe("progress", () => {
  it.each([
    [{ progress: 62, currentStep: "writing", estimatedTimeRemaining: 12 }, { share: 0.62, label: "writing", leftS: 12 }],
    [{ progress: 0.62 }, { share: 0.62 }],
    [{ progress: 1 }, { share: 0.01 }],
    [{ progress: 140 }, { share: 1 }],
    [{ progress: { percentage: 40, label: "half" } }, { share: 0.4, label: "half" }],
    [{ progress: { current: 1, total: 4 } }, { share: 0.25 }],
    [{ status: "Sending" }, { label: "Sending" }],
    [{ progress: "soon" }, {}],
    [undefined, {}],
  ])("of %j", (metadata, said) => expect(progressOf(metadata)).toEqual(said));
});

describe("the address", () => {
  it("is read as far as it says something", () => {
    expect(readRunsSearch({ status: "FAILED,NOPE", tag: 17, test: "false", roots: "true", other: 1, queue: " " })).toEqual({ status: "FAILED", tag: "17", test: false, roots: true });
    expect(readRunsSearch({ status: "NOPE" })).toEqual({});
    expect(readRunsSearch({ status: "failed", since: "24h" })).toEqual({ status: "FAILED", period: "24h" });
  });

  it("becomes the filter of the API, and that of a bulk action", () => {
    const search = readRunsSearch({ status: "FAILED,CRASHED", task: "a", period: "1h", batch: "batch_1" });
    expect(Object.entries(listParams(search)).filter(([, value]) => value !== undefined)).toEqual([
      ["filter[status]", "FAILED,CRASHED"],
      ["filter[taskIdentifier]", "a"],
      ["filter[createdAt][period]", "1h"],
      ["filter[batch]", "batch_1"],
    ]);
    expect(bulkFilter(search, 5)).toEqual({ status: ["FAILED", "CRASHED"], taskIdentifier: ["a"], period: "1h", batch: "batch_1" });
    expect(bulkFilter({}, 5)).toEqual({ to: 5 });
  });

  it("starts at the newest run when a filter changes, and drops what is empty", () => {
    expect(withFilter({ tag: "a", after: "run_1" }, { tag: undefined, task: "b" })).toEqual({ task: "b" });
  });

  it("follows no more than it needs", () => {
    expect([topicOf({}), topicOf({ tag: "a" }), topicOf({ tag: "a,b" }), topicOf({ batch: "batch_1" }), topicOf({ root: "run_1" })]).toEqual(["runs", "tag:a", "runs", "batch:batch_1", "tree:run_1"]);
  });

  it("says which new runs are of it", () => {
    const one = row("run_1", { tags: ["a"], queue: "mail", parentId: "run_0" });
    expect(fits(one, { tag: "b,a", status: "EXECUTING", queue: "mail" })).toBe(true);
    expect([fits(one, { roots: true }), fits(one, { status: "FAILED" }), fits(one, { test: true }), fits(one, { schedule: "s" })]).toEqual([false, false, false, false]);
  });

  it("takes what is typed for a run, a filter, or a tag", () => {
    expect(readTyped(" run_0k7wq3j5v1 ")).toEqual({ open: "run_0k7wq3j5v1" });
    expect(readTyped("queue: mail")).toEqual({ filter: { queue: "mail" } });
    expect(readTyped("status:timed out")).toEqual({ filter: { status: "TIMED_OUT" } });
    expect(readTyped("customer:17")).toEqual({ filter: { tag: "customer:17" } });
  });
});

describe("the selection", () => {
  const order = ["a", "b", "c", "d"];

  it("is made one by one, and by ranges", () => {
    const first = toggled(NOTHING, "b");
    const range = ranged(first, "d", order);
    expect([...range.ids].sort()).toEqual(["b", "c", "d"]);
    expect([...toggled(range, "c").ids].sort()).toEqual(["b", "d"]);
    expect([...ranged(NOTHING, "c", order).ids]).toEqual(["c"]);
  });

  it("is all rows or none from the header, and everything only when asked for", () => {
    const all = wholly(toggled(NOTHING, "a"), order);
    expect([all.ids.size, all.isAll]).toEqual([4, false]);
    expect(wholly(all, order)).toBe(NOTHING);
    expect(toggled(everything(all), "a").isAll).toBe(false);
    expect(wholly(NOTHING, []).ids.size).toBe(0);
  });
});

describe("what is drawn", () => {
  it("is what is in sight", () => {
    expect(windowOf(0, 360, 36, 10)).toEqual([0, 10]);
    const [first, last] = windowOf(36_000, 720, 36, 2_000);
    expect([first, last]).toEqual([988, 1_032]);
    expect(windowOf(0, 100, 36, 0)).toEqual([0, 0]);
  });

  it("spans bars in either direction, within the row", () => {
    expect([spanOf(5, 2, 95), spanOf(-3, 200, 95)]).toEqual([[2, 5], [0, 95]]);
    expect([usualPeriod(undefined, 9), usualPeriod(0, 60_000), usualPeriod(0, 3_000_000), usualPeriod(0, 86_400_000)]).toEqual(["24h", "15m", "1h", "24h"]);
    expect(activityParams({ from: "x", period: "1h" })["filter[createdAt][period]"]).toBeUndefined();
  });
});

describe("what is exported", () => {
  it("writes no formulas into spreadsheets", () => {
    const [, line] = toCsv([row("run_1", { taskIdentifier: "=1+1", tags: ['a"b'], error: { name: "E", message: "x, y" } })]).split("\r\n");
    expect(line).toContain("'=1+1");
    expect(line).toContain('"a""b"');
    expect(line).toContain('"E: x, y"');
  });
});

describe("saved views", () => {
  const view = (id: string, filters: Record<string, string> = {}): SavedView => ({ id, name: id, filters });

  it("keep the filters of the address as words, and give them back", () => {
    const search = readRunsSearch({ status: "failed", roots: "true", error: false, longer: "5m", after: "run_1" });
    const words = wordsOf(search);
    expect(words).toEqual({ status: "FAILED", roots: "true", error: "false", longer: "5m" });
    expect(readRunsSearch(words)).toEqual(withFilter(search, {}));
  });

  it("are the same when they say the same, in whatever order", () => {
    expect(isSame({ a: "1", b: "2" }, { b: "2", a: "1" })).toBe(true);
    expect([isSame({ a: "1" }, {}), isSame({}, { a: "1" }), isSame({ a: "1" }, { b: "1" })]).toEqual([false, false, false]);
  });

  it("stay in their place when they change, and come last when they are new", () => {
    expect(withView([view("a"), view("b")], view("a", { tag: "x" })).map((one) => [one.id, one.filters])).toEqual([["a", { tag: "x" }], ["b", {}]]);
    expect(withView([view("a")], view("b")).map((one) => one.id)).toEqual(["a", "b"]);
  });
});

describe("what was asked for since", () => {
  it("reads filters that say something, and leaves out a time that is none", () => {
    expect(readRunsSearch({ error: "true", text: " mail ", worker: "w_1", longer: "soon", shorter: "1h 30m" })).toEqual({ error: true, text: "mail", worker: "w_1", shorter: "1h 30m" });
    expect(listParams({ error: false, longer: "5m" })).toMatchObject({ "filter[hasError]": false, "filter[durationMin]": "5m" });
    expect(listParams(readRunsSearch({ outcome: "partial" }))).toMatchObject({ "filter[outcome]": "partial" });
    expect(bulkFilter({ error: true, worker: "a,b", text: "x" }, 1)).toEqual({ hasError: true, worker: ["a", "b"], text: "x" });
  });

  it("lets in what fits, and leaves to the server what the stream does not say", () => {
    expect(fits(row("run_1", { status: "FAILED" }), { error: true })).toBe(true);
    expect(fits(row("run_1", { status: "COMPLETED" }), { error: true })).toBe(false);
    expect([fits(row("run_ab12"), { text: "AB1" }), fits(row("run_1"), { text: "rich" }), fits(row("run_1"), { text: "mail" })]).toEqual([true, true, false]);
    expect([fits(row("run_1"), { worker: "w" }), fits(row("run_1"), { longer: "1s" })]).toEqual([false, false]);
  });

  it("takes the end of an id for one, and a word for a tag", () => {
    expect(readTyped("0k3fzq8a")).toEqual({ filter: { text: "0k3fzq8a" } });
    expect(readTyped("customer")).toEqual({ filter: { tag: "customer" } });
    expect(readTyped("longer:5m")).toEqual({ filter: { longer: "5m" } });
  });

  it("says what became of children, and keeps it while a run changes", () => {
    const children = { count: 5, completed: 3, failed: 1, complete: true };
    expect(saidOf(children)).toBe("3 of 5 children completed, 1 failed");
    expect(saidOf({ ...children, count: 500, complete: false })).toBe("More than 500 children");
    expect(patch(begin([row("run_5", { children })], undefined), [event(run("run_5", { status: "COMPLETED" }))], any).rows[0]?.children).toEqual(children);
  });

  it("keeps every row where it is under a thousand changes, and draws only those that changed", () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => row(`run_${String(5_000 - at)}`));
    const before = begin(rows, "run_4001");
    const told = Array.from({ length: 1_000 }, (_, at) => event(run(`run_${4_000 + ((at * 7) % 2_000)}`, { status: "COMPLETED", isCompleted: true }), at));
    const after = patch(before, told, any);
    expect(after.rows.map((one) => one.id)).toEqual(rows.map((one) => one.id));
    const changed = new Set(told.map((one) => one.t.slice(4)));
    expect(after.rows.every((one, at) => (one === rows[at]) === !changed.has(one.id))).toBe(true);
    expect(after.fresh.size).toBeGreaterThan(0);
  });
});
