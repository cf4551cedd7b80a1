// Alert webhooks: what the server sent is what `webhooks.constructEvent` takes, and nothing else is.
import { readFile } from "node:fs/promises";
import { webhooks } from "@trigger.dev/sdk";
import { assert, check, report } from "./checks.mjs";

const secret = process.env.COMPAT_WEBHOOK_SECRET;
const sent = JSON.parse(await readFile(process.env.COMPAT_WEBHOOKS, "utf8"));

function request({ body, signature }) {
  return new Request("https://example.com/hooks", {
    method: "POST",
    headers: { [webhooks.SIGNATURE_HEADER_NAME]: signature },
    body,
  });
}

function of(type, alert) {
  const found = sent.find((one) => JSON.parse(one.body).type === type && JSON.parse(one.body).alert === alert);
  assert.ok(found, `no ${type} of ${alert} was sent`);
  return found;
}

check("a failed run", async () => {
  const event = await webhooks.constructEvent(request(of("alert.run.failed", "failures")), secret);
  assert.equal(event.type, "alert.run.failed");
  assert.match(event.object.run.id, /^run_/);
  assert.equal(event.object.run.status, "FAILED");
  assert.equal(event.object.run.error.type, "BUILT_IN_ERROR");
  assert.equal(event.object.run.error.name, "ValueError");
  assert.ok(event.object.run.completedAt instanceof Date);
  assert.ok(event.created instanceof Date);
  assert.equal(event.object.task.id, "fail");
});

check("a new error", async () => {
  const event = await webhooks.constructEvent(request(of("alert.error", "new")), secret);
  assert.equal(event.object.classification, "new_issue");
  assert.equal(event.object.error.taskIdentifier, "fail");
  assert.equal(event.object.error.occurrenceCount, 1);
});

check("a test of a channel", async () => {
  const event = await webhooks.constructEvent(request(of("alert.run.failed", "test")), secret);
  assert.equal(event.object.run.isTest, true);
});

check("with another secret, or another body, it is refused", async () => {
  const one = of("alert.run.failed", "failures");
  await assert.rejects(webhooks.constructEvent(request(one), `${secret}!`), /Invalid signature/);
  await assert.rejects(webhooks.constructEvent(request({ ...one, body: `${one.body} ` }), secret), /Invalid signature/);
});

await report();
