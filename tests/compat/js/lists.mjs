// Lists of runs: filters, cursors, projects, and actions on many runs.
import { runs, tasks } from "@trigger.dev/sdk";
import { POLL, ask, assert, check, fresh, refused, report } from "./checks.mjs";

const tag = fresh("list");
const made = [];
for (let number = 0; number < 7; number++) {
  made.push(await tasks.trigger(number === 6 ? "fail" : "hello", {}, { tags: [tag, number % 2 ? "odd" : "even"] }));
}
for (const handle of made) await runs.poll(handle, POLL);
const newestFirst = made.map((handle) => handle.id).reverse();
const ids = (page) => page.data.map((run) => run.id);

check("newest first, with what a list tells of a run", async () => {
  const page = await runs.list({ tag });
  assert.deepEqual(ids(page), newestFirst);
  const [run] = page.data;
  assert.equal(run.taskIdentifier, "fail");
  assert.ok(run.createdAt instanceof Date && run.env.name && run.env.id);
  assert.equal(page.hasNextPage(), false);
});

check("pages, forth and back", async () => {
  const one = await runs.list({ tag, limit: 3 });
  assert.deepEqual(ids(one), newestFirst.slice(0, 3));
  assert.equal(one.hasNextPage(), true);
  assert.equal(one.hasPreviousPage(), false);
  const two = await one.getNextPage();
  assert.deepEqual(ids(two), newestFirst.slice(3, 6));
  const three = await two.getNextPage();
  assert.deepEqual(ids(three), newestFirst.slice(6));
  assert.equal(three.hasNextPage(), false);
  assert.equal(three.hasPreviousPage(), true);
  assert.deepEqual(ids(await runs.list({ tag, limit: 3, before: three.pagination.previous })), newestFirst.slice(3, 6));
});

check("for await walks all pages", async () => {
  const seen = [];
  for await (const run of runs.list({ tag, limit: 2 })) seen.push(run.id);
  assert.deepEqual(seen, newestFirst);
});

check("by status", async () => {
  assert.deepEqual(ids(await runs.list({ tag, status: "FAILED" })), newestFirst.slice(0, 1));
  assert.equal((await runs.list({ tag, status: ["FAILED", "COMPLETED"] })).data.length, 7);
  assert.equal((await runs.list({ tag, status: ["CANCELED"] })).data.length, 0);
});

check("by task", async () => {
  assert.equal((await runs.list({ tag, taskIdentifier: "hello" })).data.length, 6);
  assert.equal((await runs.list({ tag, taskIdentifier: ["hello", "fail"] })).data.length, 7);
});

check("by any of several tags", async () => {
  const other = fresh("other");
  const handle = await tasks.trigger("hello", {}, { tags: [other] });
  assert.deepEqual(ids(await runs.list({ tag: [other, tag] })), [handle.id, ...newestFirst]);
});

check("by time", async () => {
  assert.equal((await runs.list({ tag, from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 1_000) })).data.length, 7);
  assert.equal((await runs.list({ tag, to: new Date(Date.now() - 3_600_000) })).data.length, 0);
  assert.equal((await runs.list({ tag, period: "1h" })).data.length, 7);
});

check("by queue, test flag, machine, version and region", async () => {
  assert.equal((await runs.list({ tag, queue: { type: "custom", name: "nobody's" } })).data.length, 0);
  assert.equal((await runs.list({ tag, isTest: true })).data.length, 0);
  assert.equal((await runs.list({ tag, isTest: false })).data.length, 7);
  const region = fresh("region");
  const handle = await tasks.trigger("hello", {}, { tags: [tag + "-x"], region, machine: "small-2x", queue: "other" });
  assert.deepEqual(ids(await runs.list({ tag: tag + "-x", region })), [handle.id]);
  assert.deepEqual(ids(await runs.list({ tag: tag + "-x", machine: "small-2x" })), [handle.id]);
  assert.deepEqual(ids(await runs.list({ tag: tag + "-x", queue: { type: "custom", name: "other" } })), [handle.id]);
  assert.equal((await runs.list({ tag: tag + "-x", version: "19990101.1" })).data.length, 0);
});

check("by batch and schedule", async () => {
  const batch = await tasks.batchTrigger("hello", [{ payload: {} }, { payload: {} }]);
  assert.equal((await runs.list({ batch: batch.batchId })).data.length, 2);
  assert.equal((await runs.list({ tag, schedule: "sched_nobody" })).data.length, 0);
});

check("of a project", async () => {
  const page = await runs.list("proj_default", { tag, env: ["dev"] });
  assert.deepEqual(ids(page), newestFirst);
  await refused(runs.list("proj_default", { tag, env: ["prod"] }), 403);
  await refused(runs.list("proj_other", { tag }), 403, 404);
});

check("a wrong filter is refused", async () => {
  await refused(runs.list({ status: "SLEEPING" }), 400);
  assert.equal((await ask("/api/v1/runs?page%5Bsize%5D=1000")).status, 400);
  assert.equal((await ask("/api/v1/runs?page%5Bafter%5D=a&page%5Bbefore%5D=b")).status, 400);
});

check("many at once: cancel and replay", async () => {
  const many = fresh("bulk");
  const open = [];
  for (let i = 0; i < 3; i++) open.push(await tasks.trigger("hello", {}, { tags: [many], delay: "1h" }));
  const action = await runs.bulk.cancel({ filter: { tag: many }, name: "compat" });
  const ended = await runs.bulk.poll(action.id, { pollIntervalMs: 50 });
  assert.equal(ended.status, "COMPLETED");
  assert.deepEqual(ended.counts, { total: 3, success: 3, failure: 0 });
  for (const handle of open) assert.equal((await runs.retrieve(handle)).status, "CANCELED");
  const again = await runs.bulk.replay({ runIds: [made[0].id] });
  assert.equal((await runs.bulk.poll(again.id, { pollIntervalMs: 50 })).type, "REPLAY");
  assert.equal((await runs.bulk.retrieve(again.id)).id, again.id);
  assert.ok((await runs.bulk.list()).data.some((one) => one.id === again.id));
});

await report();
