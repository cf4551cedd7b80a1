import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Runcast } from "./index.js";

const asked: string[] = [];
let answer: (init: RequestInit) => Response;

beforeEach(() => {
  asked.length = 0;
});
afterEach(() => vi.useRealTimers());

const client = () =>
  new Runcast({
    baseUrl: "https://runs.example.com",
    fetch: (input, init) => {
      asked.push(String(input).slice("https://runs.example.com".length));
      return Promise.resolve(answer(init ?? {}));
    },
  });

const END = ": end\n\n";
const batch = (...parts: string[]) => `id: 0\nevent: batch\ndata: ${JSON.stringify({ records: parts.map((data, seq_num) => ({ seq_num, body: JSON.stringify({ data }) })) })}\n\n`;

/** A body that says something, and then nothing more, until the request is given up. */
function silent(text: string, signal: AbortSignal | null | undefined): Response {
  return new Response(
    new ReadableStream({
      start(body) {
        body.enqueue(new TextEncoder().encode(text));
        signal?.addEventListener("abort", () => body.error(new DOMException("gone", "AbortError")));
      },
    }),
  );
}

async function all(parts: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const part of parts) found.push(part);
  return found;
}

it("asks for a stream of any name", async () => {
  answer = () => new Response(END);
  await all(client().stream("run_1", "50% draft?/#2"));
  expect(asked).toEqual(["/realtime/v1/streams/run_1/50%25%20draft%3F/%232"]);
});

it("sends to an inbox of any name", async () => {
  answer = () => new Response("{}");
  await client().send("run_1", "what next?", 1);
  expect(asked).toEqual(["/realtime/v1/streams/run_1/input/what%20next%3F"]);
});

it("connects anew when a connection is silent for too long, and goes on where it was", async () => {
  vi.useFakeTimers();
  answer = ({ signal }) => (asked.length === 1 ? silent(batch("a", "b"), signal) : new Response(batch("a", "b", "c") + END));
  const read = all(client().stream("run_1", "text"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await read).toEqual(["a", "b", "c"]);
  expect(asked.length).toBe(2);
});

it("ends at once when it is no longer wanted", async () => {
  answer = ({ signal }) => silent(batch("a"), signal);
  const stop = new AbortController();
  const parts = client().stream("run_1", "text", { signal: stop.signal });
  expect((await parts.next()).value).toBe("a");
  const rest = parts.next();
  stop.abort();
  expect((await rest).done).toBe(true);
});

it("goes on where a stream ends that is not said to be complete: its server may be gone behind a proxy", async () => {
  vi.useFakeTimers();
  answer = () => new Response(asked.length === 1 ? `${batch("a")}event: error\ndata: the server stops\n\n` : batch("a", "b") + END);
  const read = all(client().stream("run_1", "text"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([await read, asked.length]).toEqual([["a", "b"], 2]);
});

it("notices at once, by the clock, that the computer slept", async () => {
  vi.useFakeTimers();
  answer = ({ signal }) => (asked.length === 1 ? silent(batch("a"), signal) : new Response(batch("a", "b") + END));
  const read = all(client().stream("run_1", "text"));
  await vi.advanceTimersByTimeAsync(1_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect([await read, asked.length]).toEqual([["a", "b"], 2]);
});
