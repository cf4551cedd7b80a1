import type { LiveSubscriber, Run, Snapshot } from "@runcast/client";
import { Runcast, RuncastError } from "@runcast/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveStore } from "./store.js";

/** A client whose connections and answers come when a test says so. */
class Wire extends Runcast {
  readonly followed: { topics: string; signal: AbortSignal | undefined; subscriber: LiveSubscriber }[] = [];
  readonly asked: { topics: string; answer: (runs: Run[]) => void; refuse: (error: Error) => void }[] = [];

  override follow(topics: readonly string[], subscriber: LiveSubscriber, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.followed.push({ topics: topics.join(), signal: options.signal, subscriber });
    return new Promise(() => undefined);
  }

  override snapshot(topics: readonly string[]): Promise<Snapshot> {
    return new Promise((resolve, refuse) => {
      this.asked.push({ topics: topics.join(), answer: (runs) => resolve({ seq: 1, data: runs.map((d) => ({ t: `run:${d.id}`, d })) }), refuse });
    });
  }

  open(): string[] {
    return this.followed.filter((one) => !one.signal?.aborted).map((one) => one.topics);
  }

  stands(at: number): void {
    this.followed[at]?.subscriber.onState?.("live");
  }
}

const run = (id: string) => ({ id, tags: [] as string[] }) as Run;
const nobody = () => undefined;
const settle = (ms = 20) => vi.advanceTimersByTimeAsync(ms);
let wire: Wire;
let store: LiveStore;

beforeEach(() => {
  vi.useFakeTimers();
  wire = new Wire();
  store = new LiveStore(wire);
});
afterEach(() => vi.useRealTimers());

async function following(id: string): Promise<void> {
  store.subscribe(`run:${id}`, nobody);
  await settle();
  wire.asked.at(-1)?.answer([run(id)]);
  await settle();
  wire.stands(wire.followed.length - 1);
}

it("leaves no connection behind when topics change while others are read", async () => {
  await following("a");
  store.subscribe("run:b", nobody);
  await settle();
  store.subscribe("run:c", nobody);
  await settle();
  wire.asked.slice(1).forEach((one) => one.answer([]));
  await settle();
  wire.stands(wire.followed.length - 1);
  expect(wire.open()).toEqual(["run:a,run:b,run:c"]);
});

it("goes on with what it follows when something else may not be read", async () => {
  await following("a");
  store.subscribe("run:gone", nobody);
  await settle();
  wire.asked.at(-1)?.refuse(new RuncastError(404, "Run not found", "not_found"));
  await settle();
  expect(store.get("run:gone").error?.message).toBe("Run not found");
  wire.stands(wire.followed.length - 1);
  expect([store.get("run:a").isLive, wire.open()]).toEqual([true, ["run:a"]]);
  await settle(60_000);
  expect(wire.asked.length).toBe(2);
});

it("reads again what could not be read for a moment", async () => {
  store.subscribe("run:a", nobody);
  await settle();
  wire.asked[0]?.refuse(new TypeError("Failed to fetch"));
  await settle();
  expect(store.get("run:a").error?.message).toBe("Failed to fetch");
  await settle(5_000);
  wire.asked[1]?.answer([run("a")]);
  await settle();
  expect([store.get("run:a").error, store.get("run:a").runs.map((one) => one.id), wire.open()]).toEqual([undefined, ["a"], ["run:a"]]);
});

it("keeps no more of a list without an end than the newest", async () => {
  store.subscribe("runs", nobody);
  await settle();
  wire.asked[0]?.answer([]);
  await settle();
  const ids = Array.from({ length: 5_000 }, (_, n) => `run_${String(n).padStart(6, "0")}`);
  wire.followed[0]?.subscriber.onEvents(ids.map((id, seq) => ({ t: `run:${id}`, seq: seq + 2, kinds: ["status"], d: run(id) })));
  await settle();
  const { runs } = store.get("runs");
  expect(runs[0]?.id).toBe("run_004999");
  expect(runs.length).toBeLessThanOrEqual(2_000);
});
