// Triggers, their options, and what a run is when it is read back.
import { AuthenticationError, NotFoundError, auth, configure, runs, tasks, TriggerClient } from "@trigger.dev/sdk";
import { POLL, ask, assert, baseURL, check, claims, fresh, refused, report, secretKey } from "./checks.mjs";

check("a trigger gives a handle with a token that reads this run", async () => {
  const handle = await tasks.trigger("hello", { name: "Ada" });
  assert.match(handle.id, /^run_/);
  const said = claims(handle.publicAccessToken);
  assert.equal(said.pub, true);
  assert.equal(said.iss, "https://id.trigger.dev");
  assert.equal(said.aud, "https://api.trigger.dev");
  assert.ok(said.scopes.includes(`read:runs:${handle.id}`) && said.scopes.includes(`write:inputStreams:${handle.id}`));
  assert.ok(said.exp - said.iat >= 3500);
});

check("a run that completed", async () => {
  const handle = await tasks.trigger("hello", { name: "Ada" }, { tags: ["b", "a"], metadata: { by: "compat" } });
  const run = await runs.poll(handle, POLL);
  assert.equal(run.status, "COMPLETED");
  assert.equal(run.output, "Hello, Ada!");
  assert.deepEqual(run.payload, { name: "Ada" });
  assert.deepEqual([...run.tags].sort(), ["a", "b"]);
  assert.equal(run.metadata.by, "compat");
  assert.deepEqual(
    [run.isQueued, run.isExecuting, run.isWaiting, run.isCompleted, run.isSuccess, run.isFailed, run.isCancelled, run.isTest],
    [false, false, false, true, true, false, false, false],
  );
  for (const at of ["createdAt", "updatedAt", "startedAt", "finishedAt"]) {
    assert.ok(run[at] instanceof Date && Math.abs(Date.now() - run[at]) < 60_000, `${at} is ${run[at]}`);
  }
  assert.equal(run.expiredAt, undefined);
  assert.equal(run.attemptCount, 1);
  assert.equal(run.depth, 0);
  assert.equal(run.triggerFunction, "trigger");
  assert.equal(typeof run.durationMs, "number");
});

check("a number as output", async () => {
  const run = await runs.poll(await tasks.trigger("add", { a: 1, b: 2.5 }), POLL);
  assert.equal(run.output, 3.5);
});

check("a task that returns nothing", async () => {
  const run = await runs.poll(await tasks.trigger("nothing", {}), POLL);
  assert.equal(run.status, "COMPLETED");
  assert.ok(run.output === null || run.output === undefined);
});

check("a trigger without a payload", async () => {
  const run = await runs.poll(await tasks.trigger("hello", undefined), POLL);
  assert.equal(run.output, "Hello, world!");
});

check("a run that failed says why", async () => {
  const run = await runs.poll(await tasks.trigger("fail", { message: "no such company" }), POLL);
  assert.equal(run.status, "FAILED");
  assert.ok(run.isFailed && run.isCompleted && !run.isSuccess);
  assert.equal(run.error.message, "no such company");
  assert.ok(run.error.name && run.error.stackTrace.includes("compat_app.py"));
  assert.equal(run.output, undefined);
});

check("maxAttempts bounds the attempts", async () => {
  const run = await runs.poll(await tasks.trigger("crash", {}, { maxAttempts: 1 }), POLL);
  assert.equal(run.status, "FAILED");
  assert.equal(run.attemptCount, 1);
  assert.match(run.error.message, /not this time/);
  assert.equal(run.error.name, "ValueError");
});

check("maxDuration ends a run as TIMED_OUT", async () => {
  const run = await runs.poll(await tasks.trigger("endless", {}), POLL);
  assert.equal(run.status, "TIMED_OUT");
  assert.ok(run.isFailed && run.isCompleted);
});

check("200 KB of payload go by a presigned upload, and come back", async () => {
  const text = "€".repeat(70_000);
  const run = await runs.poll(await tasks.trigger("echo", { text }), POLL);
  assert.equal(run.status, "COMPLETED", JSON.stringify(run.error));
  assert.equal(run.output.text, text);
  assert.equal(run.payload.text, text);
});

check("a large payload of special values", async () => {
  const text = "x".repeat(150_000);
  const run = await runs.poll(await tasks.trigger("echo", { text, at: new Date(0) }), POLL);
  assert.equal(run.output.text, text);
});

check("superjson: the payload's view, as a Python task and as a reader see it", async () => {
  const payload = {
    at: new Date("2026-01-02T03:04:05.678Z"),
    tags: new Set(["a", "b"]),
    huge: 12345678901234567890n,
    none: undefined,
    site: new URL("https://example.com/x"),
    map: new Map([["k", 1]]),
  };
  const run = await runs.poll(await tasks.trigger("echo", payload), POLL);
  assert.equal(run.status, "COMPLETED", JSON.stringify(run.error));
  const view = {
    at: "2026-01-02T03:04:05.678Z",
    tags: ["a", "b"],
    huge: "12345678901234567890",
    none: null,
    site: "https://example.com/x",
    map: [["k", 1]],
  };
  assert.deepEqual(run.payload, view);
  assert.deepEqual(run.output, view);
});

check("an unknown task is accepted and waits for a version that has it", async () => {
  const handle = await tasks.trigger(fresh("unknown"), {});
  const run = await runs.retrieve(handle);
  assert.equal(run.status, "PENDING_VERSION");
  assert.ok(run.isQueued && !run.isCompleted);
  await runs.cancel(handle.id);
});

check("every option of a trigger is taken", async () => {
  const key = fresh("all");
  const handle = await tasks.trigger(
    "hello",
    { name: "all" },
    {
      queue: "some/queue",
      concurrencyKey: "acme",
      ttl: "10m",
      maxAttempts: 2,
      maxDuration: 60,
      priority: 10,
      tags: key,
      metadata: { deep: { list: [1, 2] } },
      region: "eu-central-1",
      idempotencyKey: key,
      idempotencyKeyTTL: "1h",
    },
  );
  const run = await runs.poll(handle, POLL);
  assert.equal(run.status, "COMPLETED");
  assert.equal(run.ttl, "10m");
  assert.equal(run.region, "eu-central-1");
  assert.deepEqual(run.metadata.deep, { list: [1, 2] });
  assert.equal(run.idempotencyKey, key);
  assert.deepEqual(run.tags, [key]);
});

check("more than ten tags are refused", () =>
  refused(tasks.trigger("hello", {}, { tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }), 400, 413, 422));

check("a wrong option is refused at once", async () => {
  const started = performance.now();
  await refused(tasks.trigger("hello", {}, { delay: "soonish" }), 400, 422);
  assert.ok(performance.now() - started < 900, "the client tried again");
});

check("a wrong key is refused", async () => {
  const client = new TriggerClient({ baseURL, accessToken: "tr_dev_sk_000000000000000000000000" });
  const error = await refused(client.runs.retrieve("run_x"), 401);
  assert.ok(error instanceof AuthenticationError);
  assert.doesNotMatch(error.message, /status code \(no body\)/);
});

check("a run that does not exist", async () => {
  const error = await refused(runs.retrieve("run_doesnotexist"), 404);
  assert.ok(error instanceof NotFoundError);
  assert.match(error.message, /not found/i);
});

check("configure() and withAuth() name the server as well as the environment does", async () => {
  configure({ baseURL, accessToken: secretKey });
  const handle = await auth.withAuth({ baseURL, accessToken: secretKey }, () => tasks.trigger("nothing", {}));
  assert.match(handle.id, /^run_/);
});

check("children are in relatedRuns, with what they tell their parent", async () => {
  const run = await runs.poll(await tasks.trigger("family", { children: 3 }), POLL);
  assert.deepEqual(run.output, ["child 0", "child 1", "child 2"]);
  assert.equal(run.metadata.finished, 3);
  assert.equal(run.relatedRuns.children.length, 3);
  const child = await runs.retrieve(run.relatedRuns.children[0].id);
  assert.equal(child.relatedRuns.parent.id, run.id);
  assert.equal(child.relatedRuns.root.id, run.id);
  assert.equal(child.depth, 1);
});

check("curl: a payload without a type is the value itself", async () => {
  const { json, status } = await ask("/api/v1/tasks/hello/trigger", { method: "POST", body: { payload: { name: "curl" } } });
  assert.equal(status, 200);
  assert.equal((await runs.poll({ id: json.id }, POLL)).output, "Hello, curl!");
});

check("the same request again is the same run", async () => {
  const headers = { "x-trigger-request-idempotency-key": crypto.randomUUID() };
  const body = { payload: { name: "twice" } };
  const one = await ask("/api/v1/tasks/hello/trigger", { method: "POST", body, headers });
  const two = await ask("/api/v1/tasks/hello/trigger", { method: "POST", body, headers });
  assert.equal(one.status, 200);
  assert.equal(one.json.id, two.json.id);
});

check("errors have a message", async () => {
  const wrong = await ask("/api/v1/tasks/hello/trigger", { method: "POST", body: "{" });
  assert.equal(wrong.status, 400);
  assert.ok(wrong.json.error);
  const nowhere = await ask("/api/v1/nowhere");
  assert.equal(nowhere.status, 404);
  assert.ok(nowhere.json.error);
  const method = await ask("/api/v1/tasks/hello/trigger", { method: "DELETE" });
  assert.equal(method.status, 405);
  assert.ok(method.json.error);
});

await report();
