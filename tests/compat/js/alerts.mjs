// Alerts by webhook, as `webhooks.constructEvent` checks and reads them.
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { tasks, webhooks } from "@trigger.dev/sdk";
import { ask, assert, check, eventually, fresh, report } from "./checks.mjs";

const told = [];
const receiver = createServer(async (request, response) => {
  told.push({ headers: request.headers, body: await text(request) });
  response.end();
}).listen(0, "127.0.0.1");
await once(receiver, "listening");
const url = `http://127.0.0.1:${receiver.address().port}/`;

check("a failed run is told, signed", async () => {
  const made = await ask("/api/v1/alert-channels", {
    method: "POST",
    body: { name: fresh("hook"), type: "webhook", on: ["failed"], url, tasks: ["fail"] },
  });
  assert.equal(made.status, 200, made.text);
  const { secret } = made.json;
  const message = fresh("a reason");
  const handle = await tasks.trigger("fail", { message });
  const { headers, body } = await eventually(() => told.find((one) => one.body.includes(message)), { seconds: 15 });
  const request = (sent) => new Request(url, { method: "POST", headers, body: sent });
  const event = await webhooks.constructEvent(request(body), secret);
  assert.equal(event.type, "alert.run.failed");
  assert.equal(event.object.run.id, handle.id);
  assert.equal(event.object.run.status, "FAILED");
  assert.equal(event.object.task.id, "fail");
  assert.ok(event.object.environment.slug && event.object.project.ref);
  await assert.rejects(webhooks.constructEvent(request(body), "another secret"));
  await assert.rejects(webhooks.constructEvent(request(body.replace("FAILED", "PASSED")), secret));
});

await report();
