// @vitest-environment happy-dom
import type { LiveEvent, LiveSubscriber, Run } from "@runcast/client";
import { Runcast } from "@runcast/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NewsFact, PartsFact, RunFact, TimelineFact } from "./facts";
import { going, parts, run, step } from "./facts.fixture";
import { TraceFeed } from "./feed";
import { TraceStore } from "./store";

const followed: { topics: readonly string[]; after: number | undefined; subscriber: LiveSubscriber }[] = [];
class Wire extends Runcast {
  override follow(topics: readonly string[], subscriber: LiveSubscriber, { after }: { after?: number } = {}): Promise<void> {
    followed.push({ topics, after, subscriber });
    return new Promise(() => undefined);
  }
}

/** What the server has, and what it was asked for; a request waits while the gate is closed. */
let timeline: TimelineFact;
let within: Record<string, PartsFact[]>;
let gate: Promise<void>;
const asked: string[] = [];

async function answer(path: string): Promise<Response> {
  const url = new URL(path, "http://server");
  asked.push(`${url.pathname.slice("/api/v1/runs/".length)}${url.search && `?${url.searchParams.get("of")}`}`);
  const ids = url.searchParams.get("of")?.split(",");
  const page = Number(url.searchParams.get("page[after]") ?? 0);
  const said = ids ? { data: ids.map((id) => within[id]?.[page]).filter(Boolean) } : timeline;
  await gate;
  return new Response(JSON.stringify(said), { headers: { "content-type": "application/json" } });
}

const event = (id: string, facts: Partial<Run>, kinds: string[], news?: Partial<NewsFact>): LiveEvent => ({
  t: `run:${id}`,
  seq: 1,
  kinds,
  d: { id, taskIdentifier: id, status: "EXECUTING", createdAt: new Date(0).toISOString(), tags: [], ...facts } as Run,
  ...(news === undefined ? {} : { parts: { runId: id, ...news } }),
});
const read = (runs: RunFact[], found: PartsFact[]): TimelineFact => ({ seq: 7, rootId: "root", runs, parts: found, isTruncated: false });
const later = () => vi.advanceTimersByTimeAsync(1_000);
const hear = (...events: LiveEvent[]) => followed[0]?.subscriber.onEvents(events);

/** What is asked for after this waits until it is opened. */
function closeAfter(act: () => unknown): () => void {
  act();
  let open = () => {};
  gate = new Promise((resolve) => (open = resolve));
  return () => open();
}

let store: TraceStore;
let feed: TraceFeed;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", answer);
  followed.length = 0;
  asked.length = 0;
  gate = Promise.resolve();
  within = {};
  timeline = read([going("a")], [parts("a", [step("one", 20, 30)])]);
  store = new TraceStore("a");
  feed = new TraceFeed(new Wire(), store);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the feed of a trace", () => {
  it("reads once, and is told the rest", async () => {
    feed.start();
    await later();
    expect(followed.map(({ topics, after }) => [topics, after])).toEqual([[["trace:root"], 7]]);
    hear(event("a", {}, ["journal"], { entries: [step("two", 40, 50)] }));
    expect(store.get("a:two")).toMatchObject({ status: "COMPLETED", finishedAt: 50 });
    await later();
    expect(asked).toEqual(["a/timeline"]);
  });

  it("knows all of a run that it hears of from its beginning", async () => {
    feed.start();
    await later();
    hear(event("b", { parentId: "a" }, ["status"], {}));
    hear(event("b", { parentId: "a" }, ["journal"], { entries: [step("inner", 40, 50)] }));
    await later();
    expect(store.get("b:inner")?.parentId).toBe("b");
    expect(asked).toEqual(["a/timeline"]);
  });

  it("reads a run anew where the stream says so, and forgets what is gone", async () => {
    feed.start();
    await later();
    within = { a: [parts("a", [step("two", 40, 50)])] };
    hear(event("a", {}, ["status"], { isWhole: false }));
    await later();
    expect(asked).toEqual(["a/timeline", "a/timeline/parts?a"]);
    expect([store.get("a:one"), store.get("a:two")?.status]).toEqual([undefined, "COMPLETED"]);
  });

  it("does not lose what is told while it reads", async () => {
    feed.start();
    await later();
    let open = () => {};
    gate = new Promise((resolve) => (open = resolve));
    within = { a: [parts("a", [step("one", 20, 30)])] };
    hear(event("a", {}, ["status"], { isWhole: false }));
    await later();
    hear(event("a", {}, ["journal"], { entries: [step("meanwhile", 60, 70)] }));
    open();
    await later();
    expect(store.get("a:meanwhile")?.status).toBe("COMPLETED");
  });

  it("reads the pages of a long run, and then is told the rest", async () => {
    within = { a: [parts("a", []), parts("a", [step("two", 40, 50)])] };
    timeline = read([going("a")], [parts("a", [step("one", 20, 30)], { next: "1" })]);
    feed.start();
    await later();
    hear(event("a", {}, ["journal"], { entries: [step("three", 60, 70)] }));
    expect(["one", "two", "three"].map((key) => store.get(`a:${key}`)?.status)).toEqual(["COMPLETED", "COMPLETED", "COMPLETED"]);
    expect(asked).toEqual(["a/timeline", "a/timeline/parts?a"]);
  });

  it("asks for a run once while its pages come, whoever opens it", async () => {
    within = { a: [parts("a", []), parts("a", [])] };
    timeline = read([going("a")], [parts("a", [step("one", 20, 30)], { next: "1" })]);
    const open = closeAfter(() => feed.start());
    await later();
    feed.open("a");
    await later();
    hear(event("a", {}, ["journal"], { entries: [step("meanwhile", 60, 70)] }));
    open();
    await later();
    expect(["one", "meanwhile"].map((key) => store.get(`a:${key}`)?.status)).toEqual(["COMPLETED", "COMPLETED"]);
    expect(asked).toEqual(["a/timeline", "a/timeline/parts?a"]);
  });

  it("loses nothing when a run is to be read anew while its pages come", async () => {
    within = { a: [parts("a", [step("one", 20, 30)]), parts("a", [])] };
    timeline = read([going("a")], [parts("a", [step("one", 20, 30)], { next: "1" })]);
    const openFirst = closeAfter(() => feed.start());
    await later();
    const openSecond = closeAfter(() => undefined);
    hear(event("a", {}, ["status"], { isWhole: false }));
    await later();
    openFirst();
    await later();
    hear(event("a", {}, ["journal"], { entries: [step("between", 60, 70)] }));
    openSecond();
    await later();
    expect(["one", "between"].map((key) => store.get(`a:${key}`)?.status)).toEqual(["COMPLETED", "COMPLETED"]);
  });

  it("looks into a run that was there before only when it is opened, or does something", async () => {
    timeline = read([going("a"), going("b", { parentId: "a" }), going("c", { parentId: "a" })], [parts("a", [])]);
    within = { b: [parts("b", [step("old", 5, 6), step("new", 7, 8)])], c: [parts("c", [step("deep", 5, 6)])] };
    feed.start();
    await later();
    hear(event("b", { parentId: "a" }, ["journal"], { entries: [step("new", 7, 8)] }));
    await later();
    feed.open("c");
    await later();
    expect([store.get("b:old")?.kind, store.get("b:new")?.kind, store.get("c:deep")?.kind]).toEqual(["step", "step", "step"]);
    expect(asked).toEqual(["a/timeline", "a/timeline/parts?b", "a/timeline/parts?c"]);
  });

  it("reads everything anew after a reset, what was opened included", async () => {
    timeline = read([going("a"), run("b", { parentId: "a" })], [parts("a", [])]);
    within = { b: [parts("b", [step("deep", 5, 6)])] };
    feed.start();
    await later();
    feed.open("b");
    await later();
    within = { b: [parts("b", [step("deep", 5, 6), step("missed", 7, 8)])] };
    timeline = read([going("a"), run("b", { parentId: "a" })], [parts("a", [step("missed", 20, 30)])]);
    followed[0]?.subscriber.onReset(["trace:root"]);
    hear(event("a", {}, ["journal"], { entries: [step("after", 60, 70)] }));
    await later();
    expect(["a:missed", "a:after", "b:missed"].map((id) => store.get(id)?.status)).toEqual(["COMPLETED", "COMPLETED", "COMPLETED"]);
  });
});
