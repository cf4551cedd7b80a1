import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Runcast } from "./index.js";

let answer: (init: RequestInit) => Response | Promise<Response>;
let asked = 0;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => vi.useRealTimers());

/** A body that says something, and then nothing more, until the request is given up. */
function silent(text: string, signal: AbortSignal | null | undefined): Response {
  return new Response(
    new ReadableStream({
      start(body) {
        if (text) body.enqueue(new TextEncoder().encode(text));
        signal?.addEventListener("abort", () => body.error(new DOMException("gone", "AbortError")));
      },
    }),
  );
}

function follow(after?: number) {
  const told: string[] = [];
  const stop = new AbortController();
  const client = new Runcast({
    baseUrl: "https://runs.example.com",
    fetch: async (_, init) => {
      asked += 1;
      return answer(init ?? {});
    },
  });
  const subscriber = {
    onEvents: () => undefined,
    onReset: (topics: string[]) => void told.push(`reset ${topics.join()}`),
    onState: (state: string) => void told.push(state),
  };
  void client.follow(["runs"], subscriber, { signal: stop.signal, ...(after === undefined ? {} : { after }) });
  return { told, stop };
}

it("is live with the first sign of life only, and reads anew what a proxy keeps back", async () => {
  answer = ({ signal }) => silent("", signal);
  const { told, stop } = follow();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual(["connecting"]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(told.slice(0, 3)).toEqual(["connecting", "waiting", "reset runs"]);
  expect(told).not.toContain("live");
  stop.abort();
});

it("notices soon after a sleep that its connection is gone", async () => {
  answer = ({ signal }) => silent("retry: 1000\nid: 1\n: live\n\n", signal);
  const { told, stop } = follow();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(["connecting", "live", "reset runs"]);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told.slice(3, 6)).toEqual(["waiting", "connecting", "live"]);
  stop.abort();
});

it("comes back as soon as the computer is in a network again", async () => {
  const network = new EventTarget();
  vi.stubGlobal("addEventListener", network.addEventListener.bind(network));
  vi.stubGlobal("removeEventListener", network.removeEventListener.bind(network));
  let isOn = true;
  answer = ({ signal }) => (isOn ? silent(": live\n\n", signal) : Promise.reject(new TypeError("Failed to fetch")));
  const { told, stop } = follow();
  await vi.advanceTimersByTimeAsync(1_000);
  isOn = false;
  network.dispatchEvent(new Event("offline"));
  await vi.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toBe("waiting");
  await vi.advanceTimersByTimeAsync(60_000);
  isOn = true;
  network.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(told.slice(-2)).toEqual(["live", "reset runs"]);
  stop.abort();
  vi.unstubAllGlobals();
});

it("comes back at once, each time, where a proxy ends what lasts for a minute", async () => {
  answer = () =>
    new Response(
      new ReadableStream({
        start(body) {
          body.enqueue(new TextEncoder().encode(": live\n\n"));
          setTimeout(() => body.close(), 30_000);
        },
      }),
    );
  const { stop } = follow();
  await vi.advanceTimersByTimeAsync(310_000);
  expect(asked).toBe(11);
  stop.abort();
});

it("says that everything is to be read once it stands, unless it goes on from a position", async () => {
  const first = 'id: 8\ndata: [{"t":"topic:a","seq":8,"key":"k"}]\n\n';
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  answer = () => new Response(new ReadableStream({ start: (begun) => (body = begun).enqueue(new TextEncoder().encode(asked === 1 ? first : ": live\n\n")) }));
  const anywhere = follow();
  await vi.advanceTimersByTimeAsync(100);
  expect(anywhere.told).toEqual(["connecting", "live", "reset runs"]);
  // It has a position now: nothing is missed where the connection breaks.
  body?.error(new TypeError("network"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(anywhere.told.slice(3)).toEqual(["waiting", "connecting", "live"]);
  anywhere.stop.abort();
  const from = follow(7);
  await vi.advanceTimersByTimeAsync(100);
  expect(from.told).toEqual(["connecting", "live"]);
  from.stop.abort();
});
