// Batches in two phases, and the older one in one.
import { ApiClient } from "@trigger.dev/core/v3";
import { BatchTriggerError, batch, idempotencyKeys, runs, tasks } from "@trigger.dev/sdk";
import { ask, assert, baseURL, check, claims, eventually, fresh, refused, report, secretKey } from "./checks.mjs";

const client = new ApiClient(baseURL, secretKey);
const ended = (id) => eventually(async () => { const one = await batch.retrieve(id); return one.status === "COMPLETED" && one; }, { seconds: 20 });

check("five items of one task", async () => {
  const handle = await tasks.batchTrigger(
    "hello",
    Array.from({ length: 5 }, (_, i) => ({ payload: { name: `${i}` }, options: { tags: [`t${i}`] } })),
  );
  assert.match(handle.batchId, /^batch_/);
  assert.equal(handle.runCount, 5);
  assert.ok(claims(handle.publicAccessToken).scopes.includes(`read:batch:${handle.batchId}`));
  const one = await ended(handle.batchId);
  assert.equal(one.runCount, 5);
  assert.equal(one.runs.length, 5);
  assert.ok(one.createdAt && one.updatedAt);
  const outputs = [];
  for (const id of one.runs) outputs.push((await runs.retrieve(id)).output);
  assert.deepEqual(outputs, ["0", "1", "2", "3", "4"].map((name) => `Hello, ${name}!`));
  const first = await runs.retrieve(one.runs[0]);
  assert.equal(first.batchId, handle.batchId);
  assert.equal(first.triggerFunction, "batchTrigger");
  assert.deepEqual(first.tags, ["t0"]);
});

check("items of several tasks", async () => {
  const handle = await batch.trigger([
    { id: "hello", payload: { name: "x" } },
    { id: "add", payload: { a: 1, b: 1 } },
    { id: "fail", payload: {} },
  ]);
  const one = await ended(handle.batchId);
  const results = await Promise.all(one.runs.map((id) => runs.retrieve(id)));
  assert.deepEqual(results.map((run) => run.status), ["COMPLETED", "COMPLETED", "FAILED"]);
});

check("items from an async iterator", async () => {
  async function* items() {
    for (let i = 0; i < 3; i++) yield { payload: { name: `${i}` } };
  }
  const handle = await tasks.batchTrigger("hello", items());
  assert.equal(handle.runCount, 3);
  assert.equal((await ended(handle.batchId)).runs.length, 3);
});

check("options of an item", async () => {
  const handle = await tasks.batchTrigger("hello", [
    { payload: {}, options: { delay: "1h", ttl: "2h", tags: "later", metadata: { n: 1 }, queue: "other", concurrencyKey: "k", maxAttempts: 1, machine: "small-1x", priority: 3, idempotencyKey: fresh("item") } },
  ]);
  const [id] = (await batch.retrieve(handle.batchId)).runs;
  const run = await runs.retrieve(id);
  assert.equal(run.status, "DELAYED");
  assert.deepEqual(run.tags, ["later"]);
  assert.equal(run.metadata.n, 1);
  await runs.cancel(id);
});

check("the same batch key is the same batch", async () => {
  const idempotencyKey = await idempotencyKeys.create(fresh("batch"));
  const one = await tasks.batchTrigger("hello", [{ payload: {} }, { payload: {} }], { idempotencyKey });
  const two = await tasks.batchTrigger("hello", [{ payload: {} }, { payload: {} }], { idempotencyKey });
  assert.equal(two.batchId, one.batchId);
  assert.equal((await ended(one.batchId)).runs.length, 2);
});

check("items that are sent again are not run again", async () => {
  const made = await client.createBatch({ runCount: 3 });
  const items = Array.from({ length: 3 }, (_, index) => ({ index, task: "hello", payload: JSON.stringify({ name: `${index}` }), options: { payloadType: "application/json" } }));
  const part = await ask(`/api/v3/batches/${made.id}/items`, {
    method: "POST",
    body: items.slice(0, 2).map((item) => JSON.stringify(item)).join("\n"),
    headers: { "content-type": "application/x-ndjson" },
  });
  assert.equal(part.status, 200, part.text);
  assert.equal(part.json.sealed, false);
  assert.equal(part.json.itemsAccepted, 2);
  const all = await client.streamBatchItems(made.id, items);
  assert.equal(all.sealed, true);
  assert.deepEqual([all.itemsAccepted, all.itemsDeduplicated], [1, 2]);
  const again = await client.streamBatchItems(made.id, items);
  assert.equal(again.sealed, true);
  assert.deepEqual([again.itemsAccepted, again.itemsDeduplicated], [0, 3]);
  assert.equal((await ended(made.id)).runs.length, 3);
});

check("items must be NDJSON", async () => {
  const made = await client.createBatch({ runCount: 1 });
  const items = `/api/v3/batches/${made.id}/items`;
  assert.equal((await ask(items, { method: "POST", body: {} })).status, 415);
  const wrong = await ask(items, { method: "POST", body: "{nonsense", headers: { "content-type": "application/x-ndjson" } });
  assert.equal(wrong.status, 400);
  assert.ok(wrong.json.error);
});

check("too many items are refused", async () => {
  await refused(client.createBatch({ runCount: 1001 }), 400, 422);
  await refused(client.createBatch({ runCount: 0 }), 400, 422);
});

check("a batch that does not exist", async () => {
  await refused(batch.retrieve("batch_doesnotexist"), 404);
  const error = await tasks
    .batchTrigger("hello", Array.from({ length: 1001 }, () => ({ payload: {} })))
    .catch((thrown) => thrown);
  assert.ok(error instanceof BatchTriggerError);
  assert.equal(error.phase, "create");
});

check("a large item is uploaded", async () => {
  const text = "y".repeat(140_000);
  const handle = await tasks.batchTrigger("echo", [{ payload: { text } }, { payload: { text: "small" } }]);
  const one = await ended(handle.batchId);
  assert.equal((await runs.retrieve(one.runs[0])).output.text, text);
});

check("the results of a batch", async () => {
  const handle = await batch.trigger([
    { id: "add", payload: { a: 1, b: 1 } },
    { id: "fail", payload: {} },
  ]);
  await ended(handle.batchId);
  const results = await client.getBatchResults(handle.batchId);
  assert.deepEqual(results.items.map((item) => item.ok), [true, false]);
});

check("the batch of older clients", async () => {
  const { status, json, headers } = await ask("/api/v2/tasks/batch", {
    method: "POST",
    body: { items: [{ task: "hello", payload: '{"name":"old"}', options: { payloadType: "application/json" } }] },
  });
  assert.equal(status, 200);
  assert.equal(json.runCount, 1);
  assert.ok(headers.get("x-trigger-jwt"));
  const one = await ended(json.id);
  assert.equal((await runs.retrieve(one.runs[0])).output, "Hello, old!");
});

check("a thousand items", async () => {
  const items = Array.from({ length: 1000 }, () => ({ payload: { a: 1, b: 2 } }));
  const started = performance.now();
  const handle = await tasks.batchTrigger("add", items);
  const took = performance.now() - started;
  const one = await ended(handle.batchId);
  assert.equal(one.runs.length, 1000);
  console.log(`a batch of 1,000 was taken in ${Math.round(took)} ms, executed in ${Math.round(performance.now() - started)} ms`);
});

await report({ atOnce: 6 });
