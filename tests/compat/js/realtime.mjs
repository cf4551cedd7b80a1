// The shape feed: one run, runs of a tag, runs of a batch, and a run with its streams.
import { auth, batch, runs, tasks } from "@trigger.dev/sdk";
import { POLL, ask, assert, baseURL, check, dictate, fresh, report, within } from "./checks.mjs";

check("every change of a run is seen as it happens, and its end ends the subscription", async () => {
  const handle = await tasks.trigger("dictation", {});
  const next = dictate(handle, ["Once", "upon", "a", "time"]);
  const seen = [];
  let last;
  await next();
  for await (const run of runs.subscribeToRun(handle.id)) {
    const heard = run.metadata?.heard ?? 0;
    // The next word is said when this one was seen: what is not seen at once ends in a time-out.
    if (heard > (seen.at(-1) ?? 0)) {
      seen.push(heard);
      await next();
    }
    last = run;
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.equal(last.status, "COMPLETED");
  assert.deepEqual(last.output, ["Once", "upon", "a", "time"]);
  assert.ok(last.isSuccess && last.isCompleted && last.finishedAt instanceof Date);
  assert.ok(last.createdAt instanceof Date && Math.abs(Date.now() - last.createdAt) < 60_000, `${last.createdAt}`);
  assert.equal(last.taskIdentifier, "dictation");
  assert.equal(last.id, handle.id);
});

check("a run that is over is seen once", async () => {
  const handle = await tasks.trigger("hello", {}, { tags: ['quo"te', "back\\slash", "comma,"] });
  await runs.poll(handle, POLL);
  const seen = [];
  for await (const run of runs.subscribeToRun(handle.id)) seen.push(run);
  assert.equal(seen.length, 1);
  assert.deepEqual([...seen[0].tags].sort(), ["back\\slash", "comma,", 'quo"te']);
});

check("a failed run has its error", async () => {
  const handle = await tasks.trigger("fail", { message: "ouch" });
  let last;
  for await (const run of runs.subscribeToRun(handle.id)) last = run;
  assert.equal(last.status, "FAILED");
  assert.equal(last.error.message, "ouch");
});

check("a cancelled run ends it", async () => {
  const handle = await tasks.trigger("slow", { steps: 200 });
  let last;
  for await (const run of runs.subscribeToRun(handle.id)) {
    if (run.isExecuting && last === undefined) await runs.cancel(handle.id);
    last = run;
  }
  assert.equal(last.status, "CANCELED");
  assert.ok(last.isCancelled && last.finishedAt instanceof Date);
});

check("an expired run ends it", async () => {
  const handle = await tasks.trigger(fresh("nobody"), {}, { ttl: "1s" });
  let last;
  for await (const run of runs.subscribeToRun(handle.id)) last = run;
  assert.equal(last.status, "EXPIRED");
  assert.ok(last.expiredAt instanceof Date);
});

check("a run is followed by its own token", async () => {
  const handle = await tasks.trigger("slow", { steps: 2 });
  const statuses = await auth.withAuth({ baseURL, accessToken: handle.publicAccessToken }, async () => {
    const seen = [];
    for await (const run of runs.subscribeToRun(handle.id)) seen.push(run.status);
    return seen;
  });
  assert.equal(statuses.at(-1), "COMPLETED");
});

check("skipped columns are not sent", async () => {
  const handle = await tasks.trigger("hello", { name: "secret" });
  await runs.poll(handle, POLL);
  for await (const run of runs.subscribeToRun(handle.id, { skipColumns: ["payload", "output"] })) {
    assert.equal(run.payload, undefined);
    assert.equal(run.output, undefined);
  }
});

check("a large payload and output of a followed run", async () => {
  const text = "z".repeat(200_000);
  const handle = await tasks.trigger("echo", { text });
  let last;
  for await (const run of runs.subscribeToRun(handle.id)) last = run;
  assert.equal(last.output.text.length, 200_000);
  assert.equal(last.payload.text.length, 200_000);
});

check("runs of a tag come as they are made", async () => {
  const tag = fresh("tag");
  await tasks.trigger("hello", {}, { tags: [tag] });
  const ended = new Set();
  for await (const run of runs.subscribeToRunsWithTag(tag)) {
    if (run.status !== "COMPLETED") continue;
    assert.ok(run.tags.includes(tag));
    if (ended.size === 0) await tasks.trigger("hello", {}, { tags: [tag, "second"] });
    ended.add(run.id);
    if (ended.size === 2) break;
  }
});

check("runs that have all of several tags", async () => {
  const [one, two] = [fresh("tag"), fresh("tag")];
  await tasks.trigger("hello", {}, { tags: [one] });
  const both = await tasks.trigger("hello", {}, { tags: [one, two] });
  for await (const run of runs.subscribeToRunsWithTag([one, two], { createdAt: "1h" })) {
    assert.equal(run.id, both.id);
    if (run.isCompleted) break;
  }
});

check("runs of a batch", async () => {
  const handle = await tasks.batchTrigger("slow", [{ payload: { steps: 1 } }, { payload: { steps: 2 } }]);
  const ended = new Set();
  for await (const run of runs.subscribeToBatch(handle.batchId)) {
    if (run.isCompleted) ended.add(run.id);
    if (ended.size === 2) break;
  }
  assert.deepEqual([...ended].sort(), [...(await batch.retrieve(handle.batchId)).runs].sort());
});

check("fifty subscriptions at once all see the end", async () => {
  const handles = await Promise.all(Array.from({ length: 50 }, () => tasks.trigger("slow", { steps: 2 })));
  const ends = handles.map(async (handle) => {
    let last;
    for await (const run of runs.subscribeToRun(handle.id)) last = run;
    return last.status;
  });
  assert.deepEqual(new Set(await Promise.all(ends)), new Set(["COMPLETED"]));
});

check("a run with its streams", async () => {
  const handle = await tasks.trigger("words", {});
  const heard = [];
  const models = [];
  let last;
  for await (const part of runs.subscribeToRun(handle.id).withStreams()) {
    if (part.type === "words") heard.push(part.chunk);
    else if (part.type === "model") models.push(part.chunk.text);
    else last = part.run;
    if (last?.isCompleted && heard.length === 4 && models.length === 4) break; // this iterator of theirs has no end
  }
  assert.deepEqual(heard, ["Once", "upon", "a", "time"]);
  assert.equal(models.join(""), "Once upon a time ");
  assert.equal(last.status, "COMPLETED");
  assert.equal(last.metadata.progress, 100);
});

check("what the feed answers, word by word", async () => {
  const handle = await tasks.trigger("hello", {}, { delay: "1h" });
  const path = `/realtime/v1/runs/${handle.id}`;
  const first = await ask(`${path}?offset=-1&log=full&unknown=1`);
  assert.equal(first.status, 200);
  assert.match(first.headers.get("electric-offset"), /^\d+_\d+$/);
  assert.ok(first.headers.get("electric-handle") && JSON.parse(first.headers.get("electric-schema")).createdAt);
  assert.ok(first.headers.has("electric-up-to-date"));
  assert.match(first.headers.get("cache-control"), /no-store/);
  const [change, control] = first.json;
  assert.equal(change.headers.operation, "insert");
  assert.doesNotMatch(change.value.createdAt, /Z|[+]/);
  assert.equal(change.value.friendlyId, handle.id);
  assert.equal(change.value.isTest === "f" || change.value.isTest === "false", true);
  assert.deepEqual(control, { headers: { control: "up-to-date" } });
  const [offset, feed] = [first.headers.get("electric-offset"), first.headers.get("electric-handle")];
  const waiting = ask(`${path}?offset=${offset}&handle=${feed}&live=true&log=full`);
  setTimeout(() => runs.cancel(handle.id), 100);
  const next = await within(waiting, 5);
  assert.equal(next.json[0].value.status, "CANCELED");
  assert.ok(next.headers.get("electric-cursor"));
  const away = await ask(`${path}?offset=0_0&handle=of-another-server&live=true&log=full`);
  assert.ok(away.status === 409 ? away.json[0].headers.control === "must-refetch" : away.json[0].value.friendlyId === handle.id);
});

check("a run that does not exist yet may come", async () => {
  const error = await within(ask("/realtime/v1/runs/run_doesnotexist?offset=-1&log=full"), 2).catch((thrown) => thrown);
  assert.ok(error instanceof Error || error.status === 404 || error.status === 200);
});

await report({ atOnce: 6 });
