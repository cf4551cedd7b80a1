// Streams of a run, read by the official client, and messages to a run.
import { runs, streams, tasks } from "@trigger.dev/sdk";
import { POLL, ask, assert, check, dictate, eventually, fresh, refused, report } from "./checks.mjs";

const WORDS = ["Once", "upon", "a", "time"];

async function all(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

check("every part of a stream comes as it is written, and the run's end ends it", async () => {
  const handle = await tasks.trigger("dictation", {});
  const next = dictate(handle, WORDS);
  const parts = [];
  await next();
  for await (const part of await streams.read(handle.id, "words")) {
    parts.push(part);
    await next();
  }
  assert.deepEqual(parts, WORDS);
});

check("a stream after the run ended", async () => {
  const handle = await tasks.trigger("words", { pause: 0 });
  await runs.poll(handle, POLL);
  const started = performance.now();
  assert.deepEqual(await all(await streams.read(handle.id, "words")), WORDS);
  assert.ok(performance.now() - started < 3_000, "its end was not told");
});

check("a stream from a part on", async () => {
  const handle = await tasks.trigger("words", { pause: 0 });
  await runs.poll(handle, POLL);
  assert.deepEqual(await all(await streams.read(handle.id, "words", { startIndex: 2 })), WORDS.slice(2));
  assert.deepEqual(await all(await streams.read(handle.id, "words", { startIndex: 1 })), WORDS.slice(1));
});

check("parts are objects, too", async () => {
  const handle = await tasks.trigger("words", { pause: 0 });
  assert.deepEqual((await all(await streams.read(handle.id, "model")))[0], { text: "Once " });
});

check("a defined stream", async () => {
  const handle = await tasks.trigger("words", { pause: 0 });
  assert.deepEqual(await all(await streams.define({ id: "words" }).read(handle.id)), WORDS);
});

check("a reader who is there before the run starts", async () => {
  const handle = await tasks.trigger("words", {}, { delay: "1s" });
  assert.deepEqual(await all(await streams.read(handle.id, "words")), WORDS);
});

check("a stream that nobody wrote ends with the run", async () => {
  const handle = await tasks.trigger("hello", {});
  assert.deepEqual(await all(await streams.read(handle.id, "nothing")), []);
});

check("runs.fetchStream", async () => {
  const handle = await tasks.trigger("words", { pause: 0 });
  assert.deepEqual(await all(await runs.fetchStream(handle.id, "words")), WORDS);
});

check("a message to a run", async () => {
  const handle = await tasks.trigger("listener", {});
  await eventually(async () => (await runs.retrieve(handle)).metadata?.listening);
  await streams.input({ id: "calls" }).send(handle.id, { word: "go" });
  assert.deepEqual((await runs.poll(handle, POLL)).output, { word: "go" });
});

check("a message before the run listens", async () => {
  const handle = await tasks.trigger("listener", {}, { delay: "1s" });
  await streams.input({ id: "calls" }).send(handle.id, { word: "early" });
  assert.deepEqual((await runs.poll(handle, POLL)).output, { word: "early" });
});

check("no message to what is over or unknown", async () => {
  const handle = await tasks.trigger("hello", {});
  await runs.poll(handle, POLL);
  await refused(streams.input({ id: "calls" }).send(handle.id, {}), 400);
  await refused(streams.input({ id: "calls" }).send("run_doesnotexist", {}), 404);
});

check("a stream written over HTTP", async () => {
  const handle = await tasks.trigger("slow", { steps: 8 });
  const key = fresh("http");
  const reading = streams.read(handle.id, key).then(all);
  for (const part of ["one", '{"two": 2}']) {
    const id = crypto.randomUUID();
    for (let twice = 0; twice < 2; twice++) {
      const said = await ask(`/realtime/v1/streams/${handle.id}/self/${key}/append`, { method: "POST", body: part, headers: { "x-part-id": id } });
      assert.equal(said.status, 200, said.text);
    }
  }
  assert.deepEqual(await reading, ["one", '{"two": 2}']);
});

check("a stream written over HTTP as lines of JSON", async () => {
  const handle = await tasks.trigger("slow", { steps: 8 });
  const path = `/realtime/v1/streams/${handle.id}/self/${fresh("lines")}`;
  const made = await ask(path, { method: "PUT" });
  assert.equal(made.status, 202, made.text);
  const reading = streams.read(handle.id, path.split("/").at(-1)).then(all);
  const wrote = await ask(path, { method: "POST", body: '"one"\n{"two":2}\n', headers: { "x-client-id": "compat" } });
  assert.equal(wrote.status, 200, wrote.text);
  assert.deepEqual(await reading, ["one", { two: 2 }]);
});

await report({ atOnce: 6 });
