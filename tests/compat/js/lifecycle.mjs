// What happens to a run: idempotency, delay, expiry, debounce, cancel, replay, reschedule, tags, metadata.
import { ApiClient } from "@trigger.dev/core/v3";
import { idempotencyKeys, queues, runs, tasks } from "@trigger.dev/sdk";
import { POLL, ask, assert, baseURL, check, eventually, fresh, refused, report, secretKey } from "./checks.mjs";

const client = new ApiClient(baseURL, secretKey);

check("the same idempotency key is the same run, until it is reset", async () => {
  const key = await idempotencyKeys.create(fresh("key"));
  const one = await tasks.trigger("hello", {}, { idempotencyKey: key });
  const two = await tasks.trigger("hello", {}, { idempotencyKey: key });
  assert.equal(two.id, one.id);
  assert.equal(two.isCached, true);
  assert.ok(!one.isCached);
  await idempotencyKeys.reset("hello", key);
  const three = await tasks.trigger("hello", {}, { idempotencyKey: key });
  assert.notEqual(three.id, one.id);
});

check("reset by the user's own words", async () => {
  const words = fresh("order");
  const one = await tasks.trigger("hello", {}, { idempotencyKey: words });
  await idempotencyKeys.reset("hello", words, { scope: "global" });
  const two = await tasks.trigger("hello", {}, { idempotencyKey: words });
  assert.notEqual(two.id, one.id);
});

check("a key that nobody used cannot be reset", () => refused(idempotencyKeys.reset("hello", fresh("unused"), { scope: "global" }), 404));

check("a key of another task is another key", async () => {
  const key = await idempotencyKeys.create(fresh("key"));
  const one = await tasks.trigger("hello", {}, { idempotencyKey: key });
  const two = await tasks.trigger("nothing", {}, { idempotencyKey: key });
  assert.notEqual(two.id, one.id);
});

check("a failed run frees its key", async () => {
  const key = await idempotencyKeys.create(fresh("key"));
  const one = await tasks.trigger("fail", {}, { idempotencyKey: key });
  await runs.poll(one, POLL);
  const two = await tasks.trigger("fail", {}, { idempotencyKey: key });
  assert.notEqual(two.id, one.id);
});

check("thirty triggers of one key at once are one run", async () => {
  const key = await idempotencyKeys.create(fresh("key"));
  const handles = await Promise.all(Array.from({ length: 30 }, () => tasks.trigger("hello", {}, { idempotencyKey: key })));
  assert.equal(new Set(handles.map((handle) => handle.id)).size, 1);
});

check("delayed, rescheduled, cancelled", async () => {
  const handle = await tasks.trigger("hello", {}, { delay: "1h" });
  const before = await runs.retrieve(handle);
  assert.equal(before.status, "DELAYED");
  assert.ok(before.isQueued);
  assert.ok(Math.abs(before.delayedUntil - Date.now() - 3_600_000) < 60_000);
  const after = await runs.reschedule(handle.id, { delay: "2h" });
  assert.ok(Math.abs(after.delayedUntil - Date.now() - 7_200_000) < 60_000);
  const at = new Date(Date.now() + 86_400_000);
  assert.ok(Math.abs((await runs.reschedule(handle.id, { delay: at })).delayedUntil - at) < 1_000);
  await runs.cancel(handle.id);
  const ended = await runs.poll(handle, POLL);
  assert.equal(ended.status, "CANCELED");
  assert.ok(ended.isCancelled && ended.isCompleted && ended.finishedAt instanceof Date);
});

check("a delay that passes", async () => {
  const at = new Date(Date.now() + 500);
  const run = await runs.poll(await tasks.trigger("hello", {}, { delay: at }), POLL);
  assert.equal(run.status, "COMPLETED");
  assert.ok(run.startedAt >= at);
});

check("a delay in the past is none", async () => {
  const run = await runs.poll(await tasks.trigger("hello", {}, { delay: new Date(Date.now() - 60_000) }), POLL);
  assert.equal(run.status, "COMPLETED");
});

check("only a delayed run is rescheduled, to a time that can be read", async () => {
  const handle = await tasks.trigger("hello", {}, { delay: "1h" });
  await refused(runs.reschedule(handle.id, { delay: "later" }), 400, 422);
  await runs.cancel(handle.id);
  await refused(runs.reschedule(handle.id, { delay: "2h" }), 400, 422);
});

check("a run expires in a paused queue", async () => {
  const queue = { type: "custom", name: "held" };
  await eventually(async () => (await queues.list({ perPage: 100 })).data.some((one) => one.name === "held"));
  await queues.pause(queue);
  try {
    const handle = await tasks.trigger("held", {}, { ttl: 1 });
    const run = await runs.poll(handle, POLL);
    assert.equal(run.status, "EXPIRED");
    assert.ok(run.isCompleted && run.isFailed && run.expiredAt instanceof Date);
    assert.equal(typeof run.ttl, "string");
  } finally {
    await queues.resume(queue);
  }
});

check("debounce: one run with the last payload", async () => {
  const debounce = { key: fresh("bounce"), delay: "1s", mode: "trailing" };
  const one = await tasks.trigger("hello", { name: "first" }, { debounce });
  const two = await tasks.trigger("hello", { name: "last" }, { debounce });
  assert.equal(two.id, one.id);
  assert.equal(two.isCached, true);
  assert.equal((await runs.poll(one, POLL)).output, "Hello, last!");
});

check("debounce: one run with the first payload", async () => {
  const debounce = { key: fresh("bounce"), delay: "1s" };
  const one = await tasks.trigger("hello", { name: "first" }, { debounce });
  const two = await tasks.trigger("hello", { name: "last" }, { debounce });
  assert.equal(two.id, one.id);
  assert.equal((await runs.poll(one, POLL)).output, "Hello, first!");
});

check("an executing run is cancelled; twice is once", async () => {
  const handle = await tasks.trigger("slow", { steps: 200 });
  await eventually(async () => (await runs.retrieve(handle)).isExecuting);
  assert.deepEqual(await runs.cancel(handle.id), { id: handle.id });
  assert.deepEqual(await runs.cancel(handle.id), { id: handle.id });
  const run = await runs.poll(handle, POLL);
  assert.equal(run.status, "CANCELED");
  assert.ok(run.finishedAt instanceof Date);
});

check("what is finished is cancelled without harm, what is unknown is not found", async () => {
  const handle = await tasks.trigger("hello", {});
  await runs.poll(handle, POLL);
  await runs.cancel(handle.id);
  assert.equal((await runs.retrieve(handle)).status, "COMPLETED");
  await refused(runs.cancel("run_doesnotexist"), 404);
});

check("a replay is a new run of the same payload", async () => {
  const handle = await tasks.trigger("hello", { name: "again" }, { tags: ["replayed"] });
  await runs.poll(handle, POLL);
  const again = await runs.replay(handle.id);
  assert.notEqual(again.id, handle.id);
  const run = await runs.poll(again, POLL);
  assert.equal(run.output, "Hello, again!");
  assert.deepEqual(run.tags, ["replayed"]);
});

check("a replay with other options", async () => {
  const handle = await tasks.trigger("hello", { name: "again" }, { tags: ["replayed"], idempotencyKey: fresh("once") });
  await runs.poll(handle, POLL);
  const again = await runs.replay(handle.id, {
    payload: { name: "else" },
    tags: ["other"],
    metadata: { why: "compat" },
    queue: "replays",
    concurrencyKey: "acme",
    maxAttempts: 2,
    priority: 5,
    ttl: "10m",
  });
  const run = await runs.poll(again, POLL);
  assert.equal(run.output, "Hello, else!");
  assert.deepEqual(run.tags, ["other"]);
  assert.equal(run.metadata.why, "compat");
  assert.equal(run.idempotencyKey, undefined);
  const later = await runs.replay(handle.id, { delay: "1h" });
  assert.equal((await runs.retrieve(later.id)).status, "DELAYED");
  await runs.cancel(later.id);
});

check("what does not exist cannot be replayed", () => refused(runs.replay("run_doesnotexist"), 404));

check("tags are added, each once, ten at most", async () => {
  const handle = await tasks.trigger("hello", {}, { tags: ["a"], delay: "1h" });
  await client.addTags(handle.id, { tags: ["b", "a"] });
  await client.addTags(handle.id, { tags: "c" });
  assert.deepEqual([...(await runs.retrieve(handle)).tags].sort(), ["a", "b", "c"]);
  await refused(client.addTags(handle.id, { tags: Array.from({ length: 9 }, (_, i) => `t${i}`) }), 413, 422);
  await runs.cancel(handle.id);
});

check("metadata: every operation, and a replacement", async () => {
  const handle = await tasks.trigger("hello", {}, { metadata: { count: 1, list: ["a"], "a.b": 1 }, delay: "1h" });
  const { metadata } = await client.updateRunMetadata(handle.id, {
    operations: [
      { type: "set", key: "title", value: "x" },
      { type: "set", key: "$.deep.list.0", value: 1 },
      { type: "increment", key: "count", value: 2 },
      { type: "increment", key: "fresh", value: -1 },
      { type: "append", key: "list", value: "b" },
      { type: "append", key: "new", value: 1 },
      { type: "remove", key: "list", value: "a" },
      { type: "delete", key: "a.b" },
    ],
  });
  const { $$streams, ...rest } = metadata;
  assert.equal(rest.title, "x");
  assert.equal(rest.count, 3);
  assert.equal(rest.fresh, -1);
  assert.deepEqual(rest.list, ["b"]);
  assert.deepEqual(rest.new, [1]);
  assert.ok(!("a.b" in rest));
  assert.deepEqual((await client.getRunMetadata(handle.id)).metadata.list, ["b"]);
  const replaced = await client.updateRunMetadata(handle.id, { metadata: { only: true } });
  assert.deepEqual(replaced.metadata, { only: true });
  await refused(client.updateRunMetadata(handle.id, { operations: [{ type: "set", key: "__proto__", value: 1 }] }), 400, 422);
  await runs.cancel(handle.id);
});

check("forty increments at once are all counted", async () => {
  const handle = await tasks.trigger("hello", {}, { metadata: { count: 0 }, delay: "1h" });
  const operations = [{ type: "increment", key: "count", value: 1 }];
  await Promise.all(Array.from({ length: 40 }, () => client.updateRunMetadata(handle.id, { operations })));
  assert.equal((await runs.retrieve(handle)).metadata.count, 40);
  await runs.cancel(handle.id);
});

check("a result, of success, of failure, and none yet", async () => {
  const good = await tasks.trigger("add", { a: 1, b: 2 });
  await runs.poll(good, POLL);
  const done = await client.getRunResult(good.id);
  assert.equal(done.ok, true);
  assert.equal(JSON.parse(done.output), 3);
  const bad = await tasks.trigger("fail", {});
  await runs.poll(bad, POLL);
  const failed = await client.getRunResult(bad.id);
  assert.equal(failed.ok, false);
  assert.equal(failed.error.type, "BUILT_IN_ERROR");
  const open = await tasks.trigger("hello", {}, { delay: "1h" });
  const none = await client.getRunResult(open.id, { retry: { maxAttempts: 1 } });
  assert.equal(none, undefined);
  await runs.cancel(open.id);
});

check("a trace and its spans", async () => {
  const handle = await tasks.trigger("traced", {});
  await runs.poll(handle, POLL);
  const { trace } = await client.retrieveRunTrace(handle.id);
  assert.ok(trace.traceId && trace.rootSpan.id);
  assert.equal(trace.rootSpan.runId, handle.id);
  const span = await client.retrieveSpan(handle.id, trace.rootSpan.id);
  assert.equal(span.spanId, trace.rootSpan.id);
  const seen = [];
  let page = await client.retrieveRunTracePage(handle.id, { limit: 1 });
  for (; page.pagination.next; page = await client.retrieveRunTracePage(handle.id, { limit: 1, after: page.pagination.next })) {
    seen.push(...page.data);
  }
  seen.push(...page.data);
  assert.ok(seen.length >= 2 && new Set(seen.map((one) => one.id)).size === seen.length);
  assert.equal((await client.retrieveRunTracePage(handle.id)).data.length, seen.length);
  assert.ok((await client.listRunEvents(handle.id)).events.length >= 2);
});

await report();
