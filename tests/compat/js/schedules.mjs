// Schedules that are made at run time.
import { runs, schedules } from "@trigger.dev/sdk";
import { assert, check, eventually, fresh, refused, report } from "./checks.mjs";

check("the life of a schedule", async () => {
  const key = fresh("life");
  const made = await schedules.create({ task: "scheduled", cron: "0 9 * * 1-5", timezone: "Europe/Zurich", externalId: "acme", deduplicationKey: key });
  assert.match(made.id, /^sched_/);
  assert.equal(made.type, "IMPERATIVE");
  assert.equal(made.task, "scheduled");
  assert.equal(made.active, true);
  assert.equal(made.timezone, "Europe/Zurich");
  assert.equal(made.externalId, "acme");
  assert.equal(made.deduplicationKey, key);
  assert.equal(made.generator.expression, "0 9 * * 1-5");
  assert.ok(made.generator.description && made.nextRun instanceof Date && made.nextRun > new Date());
  assert.ok(made.environments.length === 1 && made.environments[0].type);

  const again = await schedules.create({ task: "scheduled", cron: "0 10 * * *", deduplicationKey: key });
  assert.equal(again.id, made.id);
  assert.equal(again.generator.expression, "0 10 * * *");

  const updated = await schedules.update(made.id, { task: "scheduled", cron: "30 8 * * *", timezone: "America/New_York", externalId: "other" });
  assert.equal(updated.generator.expression, "30 8 * * *");
  assert.equal(updated.timezone, "America/New_York");
  assert.equal(updated.externalId, "other");

  assert.equal((await schedules.deactivate(made.id)).active, false);
  assert.equal((await schedules.retrieve(made.id)).active, false);
  assert.equal((await schedules.activate(made.id)).active, true);
  assert.deepEqual(await schedules.del(made.id), { id: made.id });
  await refused(schedules.retrieve(made.id), 404);
  await refused(schedules.del(made.id), 404);
});

check("lists have pages", async () => {
  const made = [];
  for (let i = 0; i < 3; i++) made.push((await schedules.create({ task: "scheduled", cron: "0 0 1 1 *", deduplicationKey: fresh("page") })).id);
  const page = await schedules.list({ page: 1, perPage: 2 });
  assert.equal(page.data.length, 2);
  assert.equal(page.pagination?.currentPage ?? page.currentPage, 1);
  assert.ok((page.pagination?.totalPages ?? page.totalPages) >= 2);
  const seen = [];
  for await (const one of schedules.list({ perPage: 2 })) seen.push(one.id);
  for (const id of made) assert.ok(seen.includes(id));
  for (const id of made) await schedules.del(id);
});

check("a tick makes a run that knows its schedule", async () => {
  const made = await schedules.create({ task: "scheduled", cron: "* * * * * *", externalId: "acme", deduplicationKey: fresh("tick") }).catch(() => undefined);
  if (!made) return; // only rules with seconds tick soon enough to be seen here
  const run = await eventually(async () => (await runs.list({ schedule: made.id })).data.find((one) => one.isCompleted), { seconds: 15 });
  const read = await runs.retrieve(run.id);
  await schedules.del(made.id);
  assert.equal(read.status, "COMPLETED", JSON.stringify(read.error));
  assert.equal(read.schedule.id, made.id);
  assert.equal(read.schedule.generator.type, "CRON");
  assert.equal(read.payload.scheduleId, made.id);
  assert.equal(read.payload.type, "IMPERATIVE");
  assert.equal(read.payload.upcoming.length, 5);
});

check("mistakes are refused", async () => {
  const deduplicationKey = fresh("wrong");
  const cron = await refused(schedules.create({ task: "scheduled", cron: "every day", deduplicationKey }), 400, 422);
  assert.match(cron.message, /cron/i);
  await refused(schedules.create({ task: "scheduled", cron: "* * * * *", timezone: "Mars/Olympus", deduplicationKey }), 400, 422);
  await refused(schedules.create({ task: "nobody", cron: "* * * * *", deduplicationKey }), 400, 422);
  await refused(schedules.retrieve("sched_doesnotexist"), 404);
});

check("time zones", async () => {
  const { timezones } = await schedules.timezones();
  assert.equal(timezones[0], "UTC");
  assert.ok(timezones.includes("Europe/Zurich"));
  assert.ok(!(await schedules.timezones({ excludeUtc: true })).timezones.includes("UTC"));
});

await report({ atOnce: 1 });
