import type { LiveOptions, LiveSubscriber } from "@runcast/client";
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
