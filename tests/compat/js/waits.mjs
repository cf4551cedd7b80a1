// Waitpoint tokens: made, completed by the client, by a callback, or by nobody in time.
import { runs, tasks, wait } from "@trigger.dev/sdk";
import { POLL, assert, check, claims, eventually, fresh, refused, report } from "./checks.mjs";

check("a task waits for a token that is completed here", async () => {
  const token = await wait.createToken({ timeout: "10m", tags: ["approval"] });
  assert.match(token.id, /^waitpoint_/);
  assert.equal(token.isCached, false);
  assert.deepEqual(claims(token.publicAccessToken).scopes, [`write:waitpoints:${token.id}`]);
  const handle = await tasks.trigger("approval", { token: token.id });
  await eventually(async () => (await runs.retrieve(handle)).isWaiting);
  assert.equal((await runs.retrieve(handle)).status, "WAITING");
  assert.deepEqual(await wait.completeToken(token.id, { approved: true, by: "Ada" }), { success: true });
  assert.deepEqual((await runs.poll(handle, POLL)).output, { approved: true, by: "Ada" });
  const read = await wait.retrieveToken(token.id);
  assert.equal(read.status, "COMPLETED");
  assert.deepEqual(read.output, { approved: true, by: "Ada" });
  assert.ok(read.completedAt instanceof Date && read.timeoutAt instanceof Date);
  assert.deepEqual(read.tags, ["approval"]);
});

check("a token that the task made", async () => {
  const handle = await tasks.trigger("approval", {});
  const { metadata } = await eventually(async () => {
    const run = await runs.retrieve(handle);
    return run.metadata?.token && run;
  });
  await wait.completeToken(metadata.token, "yes");
  assert.equal((await runs.poll(handle, POLL)).output, "yes");
});

check("a callback without a key", async () => {
  const token = await wait.createToken({});
  const handle = await tasks.trigger("approval", { token: token.id });
  const wrong = await fetch(`${token.url.slice(0, -4)}0000`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  assert.equal(wrong.status, 401);
  const answer = await fetch(token.url, { method: "POST", body: JSON.stringify({ paid: 3 }), headers: { "content-type": "application/json" } });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { success: true });
  assert.deepEqual((await runs.poll(handle, POLL)).output, { paid: 3 });
});

check("a callback without JSON is an empty object", async () => {
  const token = await wait.createToken({});
  const answer = await fetch(token.url, { method: "POST", body: "not JSON" });
  assert.equal(answer.status, 200);
  assert.deepEqual((await wait.retrieveToken(token.id)).output, {});
});

check("a token that nobody completes times out", async () => {
  const token = await wait.createToken({ timeout: "1s" });
  const handle = await tasks.trigger("approval", { token: token.id }, { maxAttempts: 1 });
  const read = await eventually(async () => {
    const one = await wait.retrieveToken(token.id);
    return one.status === "TIMED_OUT" && one;
  });
  assert.equal(read.error?.name, "WaitpointTimeoutError");
  assert.equal(read.output, undefined);
  assert.equal((await runs.poll(handle, POLL)).status, "FAILED");
});

check("a timeout at a time", async () => {
  const at = new Date(Date.now() + 3_600_000);
  const token = await wait.createToken({ timeout: at });
  const read = await wait.retrieveToken(token.id);
  assert.equal(read.status, "WAITING");
  assert.ok(Math.abs(read.timeoutAt - at) < 2_000);
  assert.equal(read.completedAt, undefined);
});

check("a wrong timeout is refused", () => refused(wait.createToken({ timeout: "soonish" }), 400, 422));

check("a second answer changes nothing", async () => {
  const token = await wait.createToken({});
  await wait.completeToken(token.id, { first: true });
  assert.deepEqual(await wait.completeToken(token.id, { first: false }), { success: true });
  assert.deepEqual((await wait.retrieveToken(token.id)).output, { first: true });
});

check("every kind of answer comes back", async () => {
  for (const answer of ["text", 5, true, [1, 2], { deep: { er: null } }]) {
    const token = await wait.createToken({});
    await wait.completeToken(token.id, answer);
    assert.deepEqual((await wait.retrieveToken(token.id)).output, answer);
  }
});

check("the same key is the same token", async () => {
  const idempotencyKey = fresh("token");
  const one = await wait.createToken({ idempotencyKey, idempotencyKeyTTL: "1h" });
  const two = await wait.createToken({ idempotencyKey, idempotencyKeyTTL: "1h" });
  assert.equal(two.id, one.id);
  assert.equal(two.isCached, true);
});

check("tokens are listed", async () => {
  const tag = fresh("listed");
  const made = [];
  for (let i = 0; i < 3; i++) made.unshift((await wait.createToken({ tags: [tag] })).id);
  await wait.completeToken(made[0], {});
  const ids = (page) => page.data.map((token) => token.id);
  const page = await wait.listTokens({ tags: [tag], limit: 2 });
  assert.deepEqual(ids(page), made.slice(0, 2));
  assert.ok(page.hasNextPage());
  assert.deepEqual(ids(await page.getNextPage()), made.slice(2));
  assert.deepEqual(ids(await wait.listTokens({ tags: [tag], status: ["COMPLETED"] })), made.slice(0, 1));
  assert.deepEqual(ids(await wait.listTokens({ tags: [tag], status: ["WAITING"], period: "1h" })), made.slice(1));
  const seen = [];
  for await (const token of wait.listTokens({ tags: [tag], limit: 1 })) seen.push(token.id);
  assert.deepEqual(seen, made);
});

check("a token that does not exist", async () => {
  await refused(wait.retrieveToken("waitpoint_doesnotexist"), 404);
  await refused(wait.completeToken("waitpoint_doesnotexist", {}), 404);
});

await report();
