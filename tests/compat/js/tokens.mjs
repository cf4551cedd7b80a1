// Public tokens: what they may, what they may not, and for how long.
import { ApiClient } from "@trigger.dev/core/v3";
import { PermissionDeniedError, auth, batch, runs, tasks, wait } from "@trigger.dev/sdk";
import { POLL, ask, assert, baseURL, check, claims, fresh, refused, report } from "./checks.mjs";

const tag = fresh("mine");
const mine = await tasks.trigger("hello", {}, { tags: [tag] });
const other = await tasks.trigger("hello", {});
await runs.poll(mine, POLL);
await runs.poll(other, POLL);
const once = { retry: { maxAttempts: 1 } };
const as = (accessToken) => new ApiClient(baseURL, accessToken, undefined, once);
const minted = (scopes, options) => auth.createPublicToken({ scopes, ...options });

check("a token for one run reads that run, and nothing else", async () => {
  const token = await minted({ read: { runs: mine.id } });
  assert.deepEqual(claims(token).scopes, [`read:runs:${mine.id}`]);
  const client = as(token);
  assert.equal((await client.retrieveRun(mine.id)).id, mine.id);
  const error = await refused(client.retrieveRun(other.id), 403);
  assert.ok(error instanceof PermissionDeniedError);
  await refused(client.listRuns(), 403);
  await refused(client.cancelRun(mine.id), 403);
  await refused(client.replayRun(mine.id), 401, 403);
  await refused(client.triggerTask("hello", { payload: "{}" }), 403);
  await refused(client.listQueues(), 401, 403);
  await refused(client.listSchedules(), 401, 403);
});

check("a token for several runs", async () => {
  const client = as(await minted({ read: { runs: [mine.id, other.id] } }));
  await client.retrieveRun(mine.id);
  await client.retrieveRun(other.id);
});

check("a token for all runs", async () => {
  const client = as(await minted({ read: { runs: true } }));
  await client.retrieveRun(other.id);
  assert.ok((await client.listRuns()).data.length > 0);
  await refused(client.cancelRun(other.id), 403);
});

check("a token for a tag, a task", async () => {
  const byTag = as(await minted({ read: { tags: tag } }));
  await byTag.retrieveRun(mine.id);
  await refused(byTag.retrieveRun(other.id), 403);
  const byTask = as(await minted({ read: { tasks: ["hello"] } }));
  await byTask.retrieveRun(other.id);
  assert.ok((await byTask.listRuns({ taskIdentifier: "hello" })).data.length > 0);
  await refused(byTask.listRuns(), 403);
  await refused(byTask.listRuns({ taskIdentifier: ["hello", "add"] }), 403);
});

check("a token for a batch", async () => {
  const handle = await tasks.batchTrigger("hello", [{ payload: {} }]);
  const client = as(await minted({ read: { batch: handle.batchId } }));
  const { runs: [id] } = await client.retrieveBatch(handle.batchId);
  await client.retrieveRun(id);
  await refused(client.retrieveRun(other.id), 403);
  const own = as(handle.publicAccessToken);
  assert.equal((await own.retrieveBatch(handle.batchId)).id, handle.batchId);
  const another = await tasks.batchTrigger("hello", [{ payload: {} }]);
  await refused(own.retrieveBatch(another.batchId), 403);
});

check("the feed and the streams ask for the same scopes", async () => {
  const token = await minted({ read: { runs: mine.id } });
  assert.equal((await ask(`/realtime/v1/runs/${mine.id}?offset=-1`, { token })).status, 200);
  assert.equal((await ask(`/realtime/v1/runs/${other.id}?offset=-1`, { token })).status, 403);
  assert.equal((await ask(`/realtime/v1/streams/${mine.id}/words`, { token })).status, 200);
  assert.equal((await ask(`/realtime/v1/streams/${other.id}/words`, { token })).status, 403);
  assert.equal((await ask(`/realtime/v1/runs?tags=${tag}&offset=-1`, { token })).status, 403);
  const byTag = await minted({ read: { tags: [tag] } });
  assert.equal((await ask(`/realtime/v1/runs?tags=${tag}&offset=-1`, { token: byTag })).status, 200);
});

check("expired, forged, unsigned", async () => {
  const expired = await minted({ read: { runs: true } }, { expirationTime: new Date(Date.now() - 1_000) }).catch(() => undefined);
  if (expired) await refused(as(expired).retrieveRun(mine.id), 401);
  const short = await minted({ read: { runs: true } }, { expirationTime: "1s" });
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await refused(as(short).retrieveRun(mine.id), 401);
  const good = await minted({ read: { runs: mine.id } });
  const [head, body, signature] = good.split(".");
  const more = Buffer.from(JSON.stringify({ ...claims(good), scopes: ["admin"] })).toString("base64url");
  await refused(as(`${head}.${more}.${signature}`).retrieveRun(other.id), 401);
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  await refused(as(`${none}.${body}.`).retrieveRun(mine.id), 401);
});

check("its lifetime is what was asked for", async () => {
  const token = claims(await minted({ read: { runs: true } }, { expirationTime: "2h" }));
  assert.ok(Math.abs(token.exp - token.iat - 7200) <= 2);
  const usual = claims(await minted({ read: { runs: true } }));
  assert.ok(Math.abs(usual.exp - usual.iat - 900) <= 2);
});

check("a trigger token triggers once", async () => {
  const token = await auth.createTriggerPublicToken("hello");
  const client = as(token);
  const handle = await client.triggerTask("hello", { payload: '{"name":"browser"}', options: { payloadType: "application/json" } });
  assert.ok(handle.publicAccessToken && handle.publicAccessToken !== token);
  assert.equal((await as(handle.publicAccessToken).retrieveRun(handle.id)).id, handle.id);
  const error = await refused(client.triggerTask("hello", { payload: "{}" }), 422);
  assert.match(error.message, /one-time use/i);
  await refused(as(await auth.createTriggerPublicToken("hello")).triggerTask("add", { payload: "{}" }), 403);
});

check("two trigger tokens of one moment are two", async () => {
  const made = await Promise.all(Array.from({ length: 5 }, () => auth.createTriggerPublicToken("nothing")));
  assert.equal(new Set(made).size, 5);
  for (const token of made) await as(token).triggerTask("nothing", { payload: "{}", options: { payloadType: "application/json" } });
});

check("a trigger token for many uses", async () => {
  const client = as(await auth.createTriggerPublicToken(["hello", "add"], { multipleUse: true, expirationTime: "1h" }));
  await client.triggerTask("hello", { payload: "{}", options: { payloadType: "application/json" } });
  await client.triggerTask("add", { payload: '{"a":1,"b":2}', options: { payloadType: "application/json" } });
});

check("a token for batches", async () => {
  const accessToken = await auth.createBatchTriggerPublicToken("hello", { multipleUse: true });
  const handle = await auth.withAuth({ baseURL, accessToken }, () => tasks.batchTrigger("hello", [{ payload: {} }, { payload: {} }]));
  assert.equal((await batch.retrieve(handle.batchId)).runCount, 2);
  await auth.withAuth({ baseURL, accessToken }, () => refused(
    tasks.batchTrigger("add", [{ payload: {} }]).catch((error) => { throw error.cause ?? error; }), 403));
});

check("withPublicToken and withTriggerPublicToken", async () => {
  await auth.withPublicToken({ scopes: { read: { runs: mine.id } } }, async () => {
    assert.equal((await runs.retrieve(mine.id)).id, mine.id);
    await refused(runs.retrieve(other.id), 403);
  });
  await auth.withTriggerPublicToken("hello", {}, async () => {
    assert.match((await tasks.trigger("hello", {})).id, /^run_/);
  });
});

check("write scopes cancel, complete and send, where they say", async () => {
  const open = await tasks.trigger("hello", {}, { delay: "1h" });
  const client = as(await minted({ write: { runs: open.id } }));
  await refused(client.cancelRun(other.id), 403);
  await client.cancelRun(open.id);
  const token = await wait.createToken({});
  await refused(as(await minted({ read: { runs: true } })).completeWaitpointToken(token.id, { data: 1 }), 403);
  assert.deepEqual(await as(token.publicAccessToken).completeWaitpointToken(token.id, { data: { ok: 1 } }), { success: true });
  const listening = await tasks.trigger("listener", {});
  await refused(as(mine.publicAccessToken).sendInputStream(listening.id, "calls", { word: "no" }), 403);
  await as(listening.publicAccessToken).sendInputStream(listening.id, "calls", { word: "yes" });
  assert.deepEqual((await runs.poll(listening, POLL)).output, { word: "yes" });
});

check("skipColumns of a token hold", async () => {
  const token = await minted({ read: { runs: mine.id } }, { realtime: { skipColumns: ["payload", "output"] } });
  const { json } = await ask(`/realtime/v1/runs/${mine.id}?offset=-1`, { token });
  assert.ok(!("payload" in json[0].value) && !("output" in json[0].value));
});

check("a page downloads what is large with the token of its run, and no other", async () => {
  const text = "w".repeat(900_000);
  const handle = await tasks.trigger("echo", { text });
  await runs.poll(handle, POLL);
  assert.equal((await as(handle.publicAccessToken).retrieveRun(handle.id)).id, handle.id);
  const read = await auth.withAuth({ baseURL, accessToken: handle.publicAccessToken }, () => runs.retrieve(handle.id));
  assert.equal(read.output.text.length, 900_000);
  const { json } = await ask(`/api/v3/runs/${handle.id}`, { token: handle.publicAccessToken });
  const urls = [json.payloadPresignedUrl, json.outputPresignedUrl];
  for (const url of urls) {
    assert.ok(url, `of ${Object.keys(json)}`);
    const answer = await fetch(url, { headers: { origin: "https://shop.example" } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.match(answer.headers.get("content-type"), /^(application\/json|application\/super\+json|text\/plain)$/);
    assert.notEqual((await fetch(url.slice(0, -3) + "abc")).status, 200);
  }
});

check("a token makes no tokens", async () => {
  const token = await minted({ read: { runs: true } });
  const { status } = await ask("/api/v1/auth/public-tokens", { method: "POST", body: { scopes: ["admin"] }, token });
  assert.ok(status === 401 || status === 403);
});

check("claims, and the older way to a token", async () => {
  const said = await ask("/api/v1/auth/jwt/claims", { method: "POST" });
  assert.equal(said.json.pub, true);
  assert.ok(said.json.sub);
  const old = await ask("/api/v1/auth/jwt", { method: "POST", body: { claims: { scopes: [`read:runs:${mine.id}`] }, expirationTime: "1h" } });
  assert.equal((await as(old.json.token).retrieveRun(mine.id)).id, mine.id);
});

check("a token's run by the CORS of another origin", async () => {
  const headers = { origin: "https://shop.example" };
  const asked = await ask(`/api/v3/runs/${mine.id}`, {
    method: "OPTIONS",
    token: "",
    headers: { ...headers, "access-control-request-method": "GET", "access-control-request-headers": "authorization,x-trigger-client" },
  });
  assert.ok(asked.status === 200 || asked.status === 204);
  assert.equal(asked.headers.get("access-control-allow-origin"), "*");
  assert.match(asked.headers.get("access-control-allow-headers"), /authorization/);
  const answer = await ask(`/api/v3/runs/${mine.id}`, { token: mine.publicAccessToken, headers });
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const error = await ask(`/api/v3/runs/${other.id}`, { token: mine.publicAccessToken, headers });
  assert.equal(error.status, 403);
  assert.equal(error.headers.get("access-control-allow-origin"), "*");
  const exposed = (await ask("/api/v1/tasks/hello/trigger", { method: "POST", body: {}, headers })).headers.get("access-control-expose-headers");
  assert.ok(exposed === "*" || exposed.toLowerCase().includes("x-trigger-jwt"));
});

await report();
