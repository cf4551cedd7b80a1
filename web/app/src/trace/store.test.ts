import { beforeEach, describe, expect, it, vi } from "vitest";
import { going, parts, run, step, tried } from "./facts.fixture";
import type { RowOptions } from "./rows";
import { groupId, rowsOf, tally } from "./rows";
import { TraceStore } from "./store";
import { TraceViewState } from "./view-state";

const options = (made: Partial<RowOptions> = {}): RowOptions => ({ opened: new Map(), level: 9, query: "", errorsOnly: false, inLogs: new Set(), ...made });
const lines = (store: TraceStore, made: Partial<RowOptions> = {}) => rowsOf(store, options(made)).map((row) => `${"  ".repeat(row.depth)}${row.group ? `${row.group.name} ×${row.group.ids.length}` : store.get(row.id)?.name}`);

let store: TraceStore;
beforeEach(() => {
  store = new TraceStore("a");
});

describe("a trace", () => {
  it("puts a run that was triggered in the place of the entry that triggered it", () => {
    store.putRuns([run("a"), run("b", { parentId: "a", task: "child", createdAt: 41 })]);
    store.putParts(parts("a", [step("first", 20, 30), step("c", 40, 90, { kind: "child", name: "child", awaits: "b" }), step("last", 95, 99)]));
    store.putParts(parts("b", [step("inner", 50, 60)]));
    expect(lines(store)).toEqual(["a", "  first", "  child", "    inner", "  last"]);
    expect(store.get("b")).toMatchObject({ kind: "run", key: "c", parentId: "a" });
  });

  it("takes what comes in any order", () => {
    store.putRuns([going("a")]);
    store.putParts(parts("a", [step("c", 40, 90, { kind: "child", name: "child", awaits: "b", status: "pending" })]));
    expect(lines(store)).toEqual(["a", "  child"]);
    store.putRuns([going("b", { parentId: "a", task: "child", createdAt: 41 })]);
    store.putParts(parts("a", [step("c", 40, 90, { kind: "child", name: "child", awaits: "b" })]));
    expect(lines(store)).toEqual(["a", "  child"]);
    expect(store.get("a:c")).toBeUndefined();
  });

  it("has the runs of a batch below it", () => {
    store.putRuns([run("a"), run("b", { parentId: "a", batchId: "batch_1", task: "x" }), run("c", { parentId: "a", batchId: "batch_1", task: "x" })]);
    store.putParts(parts("a", [step("k", 20, 30, { kind: "batch", name: "many", awaits: "batch_1" })]));
    expect(lines(store)).toEqual(["a", "  many", "    x", "    x"]);
  });

  it("leaves out what only a replay needs", () => {
    store.putRuns([run("a")]);
    store.putParts(parts("a", [step("d", 20, 20, { kind: "decision" }), step("v", 21, 21, { kind: "value" }), step("s", 22, 23)]));
    expect(lines(store)).toEqual(["a", "  s"]);
  });

  it("puts steps into the attempt that made them, once there are several", () => {
    store.putRuns([going("a", { attempt: 1 })]);
    store.putParts(parts("a", [step("one", 20, 30)]));
    expect(store.get("a:one")?.parentId).toBe("a");
    store.putRuns([run("a", { attempt: 2 })]);
    store.putParts(parts("a", [step("two", 600, 700)], { attempts: [{ number: 1, startedAt: 10, finishedAt: 100, error: { message: "no" } }], claimedAt: 500 }));
    expect(lines(store)).toEqual(["a", "  Attempt 1", "    one", "  Attempt 2", "    two"]);
    expect(store.get("a#1")).toMatchObject({ status: "FAILED", isRecovered: true });
    expect(store.get("a#2")).toMatchObject({ status: "COMPLETED", startedAt: 500 });
  });

  it("has the newest attempt wait with its run", () => {
    store.putRuns([going("a", { attempt: 2, claimedAt: 500 })]);
    store.putParts(parts("a", [step("one", 20, 30)], { attempts: [{ number: 1, startedAt: 10, finishedAt: 100, error: { message: "no" } }], claimedAt: 500 }));
    expect(store.get("a#2")?.status).toBe("EXECUTING");
    store.putRuns([going("a", { attempt: 2, claimedAt: 500, status: "WAITING" })]);
    expect(store.get("a#2")?.status).toBe("WAITING");
  });

  it("replaces a step that goes on by its record", () => {
    store.putRuns([going("a")]);
    store.putParts(parts("a", [], { tries: [tried("s", 1, 50)] }));
    expect(store.get("a:s")?.status).toBe("EXECUTING");
    store.putParts(parts("a", [step("s", 50, 80)]));
    expect(store.get("a:s")).toMatchObject({ status: "COMPLETED", finishedAt: 80 });
    expect(store.spans()).toHaveLength(2);
  });

  it("tells who looks at a span of its changes, and nobody else", () => {
    store.putRuns([going("a")]);
    store.putParts(parts("a", [step("x", 20, 30), step("y", 30, 40, { status: "failed" })]));
    store.flush();
    const [x, y] = [vi.fn(), vi.fn()];
    store.subscribeSpan("a:x", x);
    store.subscribeSpan("a:y", y);
    store.putParts(parts("a", [step("x", 20, 30), step("y", 30, 50)]));
    store.flush();
    expect([x.mock.calls.length, y.mock.calls.length]).toEqual([0, 1]);
  });

  it("keeps the list of spans as long as nothing changed", () => {
    store.putRuns([run("a")]);
    expect(store.spans()).toBe(store.spans());
    store.putParts(parts("a", [step("x", 20, 30)]));
    expect(store.spans().map((span) => span.id)).toEqual(["a", "a:x"]);
  });
});

describe("rows", () => {
  const many = (count: number) => parts("a", Array.from({ length: count }, (_, at) => step(`f${at}`, at, at + 1, { name: "fetch", ...(at % 20 === 7 ? { status: "failed" as const, error: { message: "gone" } } : {}) })));

  it("gather twenty of one name to one", () => {
    store.putRuns([run("a")]);
    store.putParts(many(40));
    expect(lines(store)).toEqual(["a", "  fetch ×40"]);
    expect(lines(store, { opened: new Map([[groupId("a", "fetch"), true]]) })).toHaveLength(42);
    const group = rowsOf(store, options())[1]?.group;
    expect(group && tally(store, group)).toMatchObject({ ok: 38, bad: 2, running: 0, finishedAt: 40 });
  });

  it("do not gather nineteen", () => {
    store.putRuns([run("a")]);
    store.putParts(many(19));
    expect(lines(store)).toHaveLength(20);
  });

  it("of a batch of one name are the batch's own row", () => {
    store.putRuns([run("a"), ...Array.from({ length: 20 }, (_, at) => run(`c${at}`, { parentId: "a", batchId: "batch_1", task: "x" }))]);
    store.putParts(parts("a", [step("k", 20, 30, { kind: "batch", name: "x", awaits: "batch_1" })]));
    expect(lines(store)).toEqual(["a", "  x ×20"]);
  });

  it("that match a search come with what holds them", () => {
    store.putRuns([run("a"), run("b", { parentId: "a", task: "child" })]);
    store.putParts(parts("a", [step("other", 20, 30), step("c", 40, 90, { kind: "child", awaits: "b" })]));
    store.putParts(parts("b", [step("needle", 50, 60), step("hay", 61, 62)]));
    expect(lines(store, { query: "NEED" })).toEqual(["a", "  child", "    needle"]);
    expect(rowsOf(store, options({ query: "need" })).map((row) => row.isContext ?? false)).toEqual([true, true, false]);
    expect(lines(store, { query: "zzz", inLogs: new Set(["b:hay"]) })).toEqual(["a", "  child", "    hay"]);
    expect(lines(store, { query: "nothing" })).toEqual([]);
  });

  it("of failures only leave out the rest", () => {
    store.putRuns([run("a")]);
    store.putParts(many(40));
    expect(lines(store, { errorsOnly: true })).toEqual(["a", "  fetch", "  fetch"]);
  });

  it("are open down to a level, and as one opened them", () => {
    store.putRuns([run("a"), run("b", { parentId: "a", task: "child" })]);
    store.putParts(parts("a", [step("c", 40, 90, { kind: "child", awaits: "b" })]));
    store.putParts(parts("b", [step("inner", 50, 60)]));
    expect(lines(store, { level: 0 })).toEqual(["a"]);
    expect(lines(store, { level: 1 })).toEqual(["a", "  child"]);
    expect(lines(store, { level: 1, opened: new Map([["b", true]]) })).toEqual(["a", "  child", "    inner"]);
  });

  it("say of a run whose parts were not read that there may be more", () => {
    store.putRuns([run("a"), run("b", { parentId: "a", hasParts: true }), run("c", { parentId: "a", hasParts: false })]);
    expect(rowsOf(store, options()).map((row) => row.hasChildren)).toEqual([true, true, false]);
  });
});

describe("rows that are kept while spans come", () => {
  const fresh = (store: TraceStore, view: TraceViewState) => rowsOf(store, view).map((row) => [row.id, row.depth, row.position, row.among.count, row.hasChildren, row.isOpen, row.group?.ids.length]);
  const kept = (view: TraceViewState) => view.rows().map((row) => [row.id, row.depth, row.position, row.among.count, row.hasChildren, row.isOpen, row.group?.ids.length]);

  it("are those that a fresh look finds, whatever comes and in whatever order", () => {
    for (let seed = 1; seed <= 20; seed++) {
      let state = seed;
      const chance = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
      const store = new TraceStore("a");
      const view = new TraceViewState(store);
      store.putRuns([going("a"), going("b", { parentId: "a", createdAt: 5 })]);
      for (let at = 1; at <= 150; at++) {
        const runId = chance(4) === 0 ? "b" : "a";
        const startedAt = chance(10) === 0 ? chance(at) : at;
        store.putParts({ runId, entries: [step(`s${chance(20) === 0 ? chance(at) : at}`, startedAt, at + 1, { name: `name ${chance(seed % 2 === 0 ? 4 : 60)}` })] });
        if (chance(40) === 0) view.open(chance(2) ? "a" : groupId("a", `name ${chance(4)}`), chance(3) > 0);
        if (chance(30) === 0) view.change({ query: chance(2) ? "name 1" : "" });
        if (chance(3) > 0) expect(kept(view)).toEqual(fresh(store, view));
      }
      expect(kept(view).map(([id]) => view.placeOf(id as string))).toEqual(kept(view).map((_, at) => at));
    }
  });

  it("stay the same list as long as nothing but what comes last comes", () => {
    const store = new TraceStore("a");
    const view = new TraceViewState(store);
    store.putRuns([going("a")]);
    store.putParts(parts("a", [step("one", 20, 30)]));
    const rows = view.rows();
    store.putParts({ runId: "a", entries: [step("two", 40, 50)] });
    expect(view.rows()).toBe(rows);
    store.putParts({ runId: "a", entries: [step("between", 35, 50)] });
    expect(view.rows()).not.toBe(rows);
    expect(view.rows().map((row) => row.id)).toEqual(["a", "a:one", "a:between", "a:two"]);
  });
});
