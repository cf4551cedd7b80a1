// Followers of a run while its server is stopped and started again: they see its end, and every part once.
import { runs, streams, tasks } from "@trigger.dev/sdk";
import { assert, check, report } from "./checks.mjs";

const handle = await tasks.trigger("words", { pause: 0.5 });
const started = Promise.withResolvers();
const tag = Promise.withResolvers();

check("a subscription goes on", async () => {
  let last;
  for await (const run of runs.subscribeToRun(handle.id)) {
    if (run.metadata?.progress >= 25) started.resolve();
    last = run;
  }
  assert.equal(last.status, "COMPLETED");
  assert.equal(last.output, "Once upon a time");
});

check("a stream goes on, without a gap and without a repetition", async () => {
  const parts = [];
  for await (const part of await streams.read(handle.id, "words")) {
    parts.push(part);
    tag.resolve();
  }
  assert.deepEqual(parts, ["Once", "upon", "a", "time"]);
});

Promise.all([started.promise, tag.promise]).then(() => console.log("stop"));
await report();
