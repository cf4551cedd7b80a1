// Queues: looked at, paused, resumed, overridden, reset; and named limits.
import { concurrencyLimits, queues, runs, tasks } from "@trigger.dev/sdk";
import { POLL, assert, check, eventually, fresh, refused, report } from "./checks.mjs";

const mail = { type: "custom", name: "mail/out" };
await runs.poll(await tasks.trigger("mail", {}), POLL);
await runs.poll(await tasks.trigger("hello", {}), POLL);

check("listed", async () => {
  const page = await queues.list({ page: 1, perPage: 100 });
  const found = page.data.find((queue) => queue.name === "mail/out");
  assert.equal(found.type, "custom");
  assert.equal(found.concurrencyLimit, 2);
  assert.equal(found.paused, false);
  assert.match(found.id, /^queue_/);
  assert.deepEqual([typeof found.running, typeof found.queued], ["number", "number"]);
});

check("by name, by id, and by task", async () => {
  const byName = await queues.retrieve(mail);
  assert.equal(byName.name, "mail/out");
  assert.equal((await queues.retrieve(byName.id)).name, "mail/out");
  const own = await queues.retrieve({ type: "task", name: "hello" });
  assert.equal(own.id, (await queues.retrieve({ type: "custom", name: "default" })).id);
});

check("paused, nothing starts; resumed, it does; the limit is another until it is reset", async () => {
  assert.equal((await queues.pause(mail)).paused, true);
  const handle = await tasks.trigger("mail", { to: "later" });
  await eventually(async () => (await queues.retrieve(mail)).queued >= 1);
  assert.equal((await runs.retrieve(handle)).status, "QUEUED");
  assert.equal((await queues.resume(mail)).paused, false);
  assert.equal((await runs.poll(handle, POLL)).output, "sent to later");

  const overridden = await queues.overrideConcurrencyLimit(mail, 7);
  assert.equal(overridden.concurrencyLimit, 7);
  assert.equal(overridden.concurrency.override, 7);
  assert.equal(overridden.concurrency.base, 2);
  assert.equal(overridden.concurrency.current, 7);
  const reset = await queues.resetConcurrencyLimit(mail);
  assert.equal(reset.concurrencyLimit, 2);
  assert.equal(reset.concurrency.override, null);
  assert.equal(reset.concurrency.current, 2);
});

check("an unknown queue", async () => {
  await refused(queues.retrieve({ type: "custom", name: "no/body" }), 404);
  await refused(queues.pause({ type: "custom", name: "no/body" }), 404);
  await refused(queues.retrieve("queue_doesnotexist"), 404);
});

check("a limit below nothing is refused", () => refused(queues.overrideConcurrencyLimit(mail, -1), 400, 422));

check("pages", async () => {
  for (let i = 0; i < 2; i++) await tasks.trigger("hello", {}, { queue: fresh("page") });
  const page = await queues.list({ page: 1, perPage: 1 });
  assert.equal(page.data.length, 1);
  assert.ok(page.hasNextPage());
  const seen = new Set();
  for await (const queue of queues.list({ perPage: 2 })) seen.add(queue.id);
  assert.ok(seen.size >= 4);
});

check("named limits are listed, and unknown ones are not found", async () => {
  assert.ok(Array.isArray((await concurrencyLimits.list()).data));
  await refused(concurrencyLimits.retrieve("nobody"), 404);
});

await report();
