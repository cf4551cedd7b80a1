// Checks run side by side and say one line of JSON each; a script ends when all of them did.
import assert from "node:assert/strict";

const checks = [];
const only = process.env.ONLY;

// Clients have promises of their own that nobody awaits; what they do await says the same.
process.on("unhandledRejection", (error) => console.error(error));

export { assert };
export const database = process.env.COMPAT_DATABASE;
export const baseURL = process.env.TRIGGER_API_URL;
export const secretKey = process.env.TRIGGER_SECRET_KEY;

/** Something that must hold. `patience`: in seconds. */
export function check(name, body, { patience = 25 } = {}) {
  if (!only || name.includes(only)) checks.push({ name, body, patience });
}

/** Run them all, at most `atOnce` at a time. */
export async function report({ atOnce = 8 } = {}) {
  const waiting = [...checks];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await run(next);
    }),
  );
  process.exit(0);
}

async function run({ name, body, patience }) {
  const started = performance.now();
  let error;
  try {
    await within(body(), patience);
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown) + (thrown?.rawBody ? `\n${JSON.stringify(thrown.rawBody).slice(0, 1500)}` : "");
    if (thrown?.cause) error += `\ncause: ${thrown.cause?.stack ?? thrown.cause}`.slice(0, 1500);
  }
  const ms = Math.round(performance.now() - started);
  process.stdout.write(`${JSON.stringify({ check: name, ms, ...(error && { error }) })}\n`);
}

/** What `promise` gives, or an error after `seconds`. */
export async function within(promise, seconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Look again until `find` gives something true. */
export async function eventually(find, { seconds = 10, every = 50 } = {}) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (performance.now() > end) throw new Error(`never true within ${seconds} s: ${find}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** The error that `promise` must end with, whose status is one of `statuses`. */
export async function refused(promise, ...statuses) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    assert.ok(statuses.includes(error.status), `refused with ${error.status} ${error.message}, not ${statuses}`);
    return error;
  }
  assert.fail(`answered ${JSON.stringify(answer)?.slice(0, 300)}, instead of ${statuses}`);
}

/** Words for the task `dictation`, one by one: call it when the one before was seen. */
export function dictate(handle, words) {
  const waiting = [...words, "stop"];
  return () => ask(`/realtime/v1/streams/${handle.id}/input/calls`, { method: "POST", body: { data: { word: waiting.shift() } } });
}

/** A name that nobody else has. */
export const fresh = (name) => `${name}-${crypto.randomUUID().slice(0, 8)}`;

/** What a token says of itself. */
export const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

/** A request without any client: `path` below the server. */
export async function ask(path, { method = "GET", body, token = secretKey, headers = {} } = {}) {
  const answer = await fetch(path.startsWith("http") ? path : baseURL + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {}
  return { status: answer.status, headers: answer.headers, text, json };
}

/** Poll often: the official default is a second. */
export const POLL = { pollIntervalMs: 50 };
