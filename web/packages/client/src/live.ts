import type { Http } from "./http.js";
import { mayPass } from "./http.js";
import { parseEvents, readText } from "./sse.js";
import type { Run } from "./types.js";

/** One change, at a position of the feed. */
export type LiveEvent =
  /** A run, as it is now. `kinds`: what of it changed. */
  | { t: `run:${string}`; seq: number; kinds: string[]; d: Run }
  /** Something of an extension's topic. */
  | { t: `topic:${string}`; seq: number; key: string };

/** Whether a change is one of a run. */
export function isOfRun(event: LiveEvent): event is Extract<LiveEvent, { d: Run }> {
  return "d" in event;
}

export interface LiveSubscriber {
  /** What changed, in order. */
  onEvents(events: LiveEvent[]): void;
  /** Everything of these topics is to be read anew: too much was missed. */
  onReset(topics: string[]): void;
  /** Whether the connection stands; after "closed" with an error nothing more comes. */
  onState?(state: "connecting" | "live" | "waiting" | "closed", error?: unknown): void;
}

export interface LiveOptions {
  /** After which position of the feed to begin; that of a snapshot. */
  after?: number;
  /** Milliseconds between two flushes, for pages that nobody sees. */
  pace?: number;
  signal?: AbortSignal;
  /** Milliseconds without a sign of life, pings included, after which the connection counts as dead. */
  silence?: number;
}

const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 5_000;

/** Follow topics until the signal is aborted. Reconnects by itself, from where it was, and misses nothing. */
export async function followTopics(
  http: Http,
  topics: readonly string[],
  subscriber: LiveSubscriber,
  options: LiveOptions = {},
): Promise<void> {
  const { signal } = options;
  let last = options.after === undefined ? "" : String(options.after);
  let pause = FIRST_PAUSE_MS;
  const query = new URLSearchParams({ topics: topics.join(",") });
  if (options.pace !== undefined) query.set("pace", String(options.pace));
  while (!signal?.aborted) {
    const silence = new Silence(options.silence, signal);
    try {
      subscriber.onState?.("connecting");
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (last) headers["last-event-id"] = last;
      const response = await http.request(`/api/v1/live?${query}`, { headers, signal: silence.signal });
      if (!response.body) throw new Error("this browser cannot read a response as it comes");
      subscriber.onState?.("live");
      for await (const event of parseEvents(silence.broken(readText(response.body)))) {
        pause = FIRST_PAUSE_MS;
        if (event.event === "reset") subscriber.onReset(resetTopics(event.data, topics));
        else subscriber.onEvents(JSON.parse(event.data) as LiveEvent[]);
        if (event.id) last = event.id;
      }
    } catch (error) {
      if (signal?.aborted) break;
      if (!mayPass(error)) {
        subscriber.onState?.("closed", error);
        throw error;
      }
    } finally {
      silence.end();
    }
    if (signal?.aborted) break;
    subscriber.onState?.("waiting");
    await rest(pause * (0.5 + Math.random()), signal);
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
  subscriber.onState?.("closed");
}

const SILENCE_MS = 45_000;

/** A connection that says nothing for too long is given up: a network may forget it without a word. */
export class Silence {
  readonly #attempt = new AbortController();
  readonly #ms: number;
  readonly #given: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms = SILENCE_MS, given?: AbortSignal) {
    this.#ms = ms;
    this.#given = given;
    if (given?.aborted) this.#abort();
    given?.addEventListener("abort", this.#abort, { once: true });
    this.#begin();
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** The same chunks; each is a sign of life. */
  async *broken(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const chunk of chunks) {
      this.#begin();
      yield chunk;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#attempt.abort();

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#abort, this.#ms);
  }
}

function resetTopics(data: string, all: readonly string[]): string[] {
  return (JSON.parse(data || "{}") as { topics?: string[] }).topics ?? [...all];
}

/** Rest, or until the signal is aborted. */
export function rest(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done, { once: true });
  });
}
