import type { LiveEvent, LiveOptions, LiveSubscriber } from "@runcast/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Hub } from "./hub";

interface Connection {
  topics: readonly string[];
  options: LiveOptions;
  subscriber: LiveSubscriber;
  fail: (error: Error) => void;
}

/** Connections as a test lets them come and go. */
const made: Connection[] = [];
const follow = (topics: readonly string[], subscriber: LiveSubscriber, options: LiveOptions) =>
  new Promise<void>((_, fail) => {
    made.push({ topics, options, subscriber, fail });
  });
const stands = (at: number) => made[at]?.subscriber.onState?.("live");
const open = () => made.filter((one) => !one.options.signal?.aborted).map((one) => one.topics.join());
const nobody: LiveSubscriber = { onEvents: () => undefined, onReset: () => undefined };
const settle = () => vi.advanceTimersByTimeAsync(20);

beforeEach(() => {
  made.length = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it("has one connection, however fast the topics change while others are on their way", async () => {
  const hub = new Hub(follow);
  hub.add(["a"], undefined, nobody);
  await settle();
  stands(0);
  hub.add(["b"], undefined, nobody);
  await settle();
  hub.add(["c"], undefined, nobody);
  await settle();
  expect(open()).toEqual(["a", "a,b", "a,b,c"]);
  // The newest overtakes the one before it.
  stands(2);
  expect(open()).toEqual(["a,b,c"]);
});

it("closes every connection once nobody follows anything", async () => {
  const hub = new Hub(follow);
  const leave = [hub.add(["a"], undefined, nobody)];
  await settle();
  stands(0);
  leave.push(hub.add(["b"], undefined, nobody));
  await settle();
  leave.forEach((one) => one());
  await settle();
  expect(open()).toEqual([]);
});

it("connects anew for who comes after the server refused", async () => {
  const hub = new Hub(follow);
  hub.add(["a"], undefined, nobody);
  await settle();
  made[0]?.fail(new Error("401"));
  await settle();
  hub.add(["a"], undefined, nobody);
  await settle();
  expect(made.length).toBe(2);
});

/** A follower that notes what it is told. */
function listener() {
  const told: string[] = [];
  const events: LiveEvent[] = [];
  const subscriber: LiveSubscriber = {
    onEvents: (news) => {
      events.push(...news);
      told.push(...news.map((event) => `${event.seq}`));
    },
    onReset: () => told.push("reset"),
  };
  return { told, events, subscriber };
}
const change = (seq: number, parts?: object): LiveEvent => ({ t: "run:run_1", seq, kinds: ["journal"], d: { id: "run_1", rootId: "run_1", tags: [] }, ...(parts ? { parts } : {}) }) as never;

it("tells a follower nothing over a connection that leaves out what it wants", async () => {
  const hub = new Hub(follow);
  hub.add(["run:run_1"], 5, nobody);
  await settle();
  stands(0);
  made[0]?.subscriber.onEvents([change(6)]);
  const tracing = listener();
  hub.add(["trace:run_1"], 6, tracing.subscriber);
  made[0]?.subscriber.onEvents([change(7)]);
  await settle();
  expect([tracing.told, made[1]?.options.after]).toEqual([[], 6]);
  stands(1);
  made[1]?.subscriber.onEvents([change(7, { runId: "run_1" })]);
  expect(tracing.events).toEqual([change(7, { runId: "run_1" })]);
});

it("tells who begins further back what lies between, before anything else", async () => {
  const hub = new Hub(follow);
  hub.add(["run:run_1"], 5, nobody);
  await settle();
  stands(0);
  made[0]?.subscriber.onEvents([change(9)]);
  const late = listener();
  hub.add(["run:run_1"], 6, late.subscriber);
  made[0]?.subscriber.onEvents([change(10)]);
  await settle();
  stands(1);
  made[1]?.subscriber.onEvents([change(8), change(10)]);
  expect([made[1]?.options.after, late.told]).toEqual([6, ["8", "10"]]);
});

it("lets who has no position read once, when its connection stands", async () => {
  const hub = new Hub(follow);
  const [first, second, third] = [listener(), listener(), listener()];
  hub.add(["run:run_1"], 5, nobody);
  hub.add(["run:run_1"], undefined, first.subscriber);
  await settle();
  expect(first.told).toEqual([]);
  stands(0);
  hub.add(["run:run_1"], undefined, second.subscriber);
  hub.add(["run:run_2"], undefined, third.subscriber);
  expect([first.told, second.told, third.told]).toEqual([["reset"], ["reset"], []]);
  await settle();
  stands(1);
  expect([first.told, second.told, third.told]).toEqual([["reset"], ["reset"], ["reset"]]);
});

it("tells what is within a run to those only who trace it", async () => {
  const hub = new Hub(follow);
  const [plain, tracing] = [listener(), listener()];
  hub.add(["run:run_1"], 5, plain.subscriber);
  hub.add(["trace:run_1"], 5, tracing.subscriber);
  await settle();
  stands(0);
  made[0]?.subscriber.onEvents([change(6, { runId: "run_1" })]);
  expect([plain.events, tracing.events]).toEqual([[change(6)], [change(6, { runId: "run_1" })]]);
});
