/**
 * Runcast in the browser: trigger tasks, follow runs, read streams. No dependencies.
 *
 *     import { Runcast } from "@runcast/client";
 *     const runcast = new Runcast({ baseUrl: "https://runs.example.com", token });
 *     for await (const run of runcast.followRun(id)) console.log(run.status, run.metadata);
 */

import type { ClientOptions } from "./http.js";
import { Http } from "./http.js";
import type { LiveEvent, LiveOptions, LiveSubscriber } from "./live.js";
import { followTopics, isOfRun } from "./live.js";
import type { StreamOptions } from "./streams.js";
import { readStream, streamPath } from "./streams.js";
import type { Run, Triggered, TriggerOptions } from "./types.js";

export type { ClientOptions } from "./http.js";
export type { LiveEvent, LiveOptions, LiveSubscriber, PartsNews } from "./live.js";
export type { StreamOptions } from "./streams.js";
export type { Run, RunError, RunStatus, Triggered, TriggerOptions } from "./types.js";
export { Http } from "./http.js";
export { followTopics, isOfRun } from "./live.js";
export { readStream } from "./streams.js";
export { RuncastError } from "./types.js";

/** What is followed, as it was at one position of the feed. */
export interface Snapshot {
  seq: number;
  data: { t: string; d: Run }[];
}

export class Runcast {
  readonly #http: Http;

  constructor(options: ClientOptions = {}) {
    this.#http = new Http(options);
  }

  /** Trigger a task; the run is on disk when this resolves. */
  async trigger(task: string, payload?: unknown, options: TriggerOptions = {}): Promise<Triggered> {
    const path = `/api/v1/tasks/${encodeURIComponent(task)}/trigger`;
    const { body, headers } = await this.#http.post<Triggered>(path, { payload, options });
    const token = headers.get("x-trigger-jwt");
    return token ? { ...body, publicAccessToken: token } : body;
  }

  /** A run as it is now. */
  run<Output = unknown>(id: string): Promise<Run<Output>> {
    return this.#http.json<Run<Output>>(`/api/v3/runs/${id}`);
  }

  /** Complete a wait token. */
  async completeWait(id: string, data: unknown): Promise<void> {
    await this.#http.post(`/api/v1/waitpoints/tokens/${id}/complete`, { data });
  }

  /** Put a message into the inbox of a run. */
  async send(runId: string, stream: string, data: unknown): Promise<void> {
    await this.#http.post(streamPath(runId, `input/${stream}`), { data });
  }

  /** The state of topics, with its position in the feed: follow from there and nothing is missed. */
  snapshot(topics: readonly string[]): Promise<Snapshot> {
    return this.#http.json<Snapshot>(`/api/v1/live/snapshot?${new URLSearchParams({ topics: topics.join(",") })}`);
  }

  /** What changes in topics (`run:ID`, `tree:ID`, `trace:ID`, `batch:ID`, `tag:NAME`, `runs`), until the signal is aborted. */
  follow(topics: readonly string[], subscriber: LiveSubscriber, options: LiveOptions = {}): Promise<void> {
    return followTopics(this.#http, topics, subscriber, options);
  }

  /** A run now and after every change, until it has ended. */
  async *followRun<Output = unknown>(id: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<Run<Output>> {
    const states = new Latest<Run<Output>>();
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    options.signal?.addEventListener("abort", stop, { once: true });
    const topic = `run:${id}`;
    const read = async () => {
      const { data, seq } = await this.snapshot([topic]);
      const found = data[0]?.d;
      if (found) states.put(found as Run<Output>);
      return seq;
    };
    const subscriber: LiveSubscriber = {
      onEvents: (events: LiveEvent[]) => events.filter(isOfRun).forEach((event) => states.put(event.d as Run<Output>)),
      onReset: () => void read().catch((error: unknown) => states.fail(error)),
    };
    try {
      const seq = await read();
      followTopics(this.#http, [topic], subscriber, { after: seq, signal: stopping.signal }).then(
        () => states.end(),
        (error: unknown) => states.fail(error),
      );
      for await (const run of states) {
        yield run;
        if (run.isCompleted) return;
      }
    } finally {
      options.signal?.removeEventListener("abort", stop);
      stop();
    }
  }

  /** The parts of a run's stream, from the first, as they are written. */
  stream<Part = unknown>(runId: string, key = "default", options: StreamOptions = {}): AsyncGenerator<Part> {
    return readStream<Part>(this.#http, runId, key, options);
  }
}

/** Values for one reader, who sees the newest: what it had no time for is left out. */
class Latest<T> implements AsyncIterable<T> {
  #value: T | undefined;
  #over = false;
  #error: unknown;
  #wake: () => void = () => undefined;

  put(value: T): void {
    this.#value = value;
    this.#wake();
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.#value !== undefined) {
        const value = this.#value;
        this.#value = undefined;
        yield value;
      } else if (this.#over) {
        if (this.#error !== undefined) throw this.#error;
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}
