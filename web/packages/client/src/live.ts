import type { Http } from "./http.js";
import { mayPass } from "./http.js";
import { rest, Silence } from "./silence.js";
import { parseEvents, readText } from "./sse.js";
import type { Run } from "./types.js";

/** One change, at a position of the feed. */
export type LiveEvent =
  /** A run, as it is now. `kinds`: what of it changed. `parts`: of a `trace:`, what changed within it. */
  | { t: `run:${string}`; seq: number; kinds: string[]; d: Run; parts?: PartsNews }
  /** Something of an extension's topic. */
  | { t: `topic:${string}`; seq: number; key: string };

/** What changed within a run, as `GET /api/v1/runs/{id}/timeline` has it: newest state of each. */
export interface PartsNews<Entry = unknown, Try = unknown> {
  runId: string;
  claimedAt?: number;
  entries?: Entry[];
  tries?: Try[];
  /** `false`: more changed than is told. Read the parts of this run anew. */
  isWhole?: boolean;
}

/** Whether a change is one of a run. */
export function isOfRun(event: LiveEvent): event is Extract<LiveEvent, { d: Run }> {
  return "d" in event;
}

export interface LiveSubscriber {
  /** What changed, in order. */
  onEvents(events: LiveEvent[]): void;
  /**
   * Everything of these topics is to be read anew: too much was missed, or a proxy keeps back what changes. Without `after`
   * also once the connection stands, because nobody tells what happened between the first read and that moment.
   */
  onReset(topics: string[]): void;
  /** Whether the connection stands; after "closed" with an error nothing more comes. */
  onState?(state: "connecting" | "live" | "waiting" | "closed", error?: unknown): void;
}

export interface LiveOptions {
  /** After which position of the feed to begin; that of a snapshot. Without it, at whatever comes next. */
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
    const began = Date.now();
    let isAnswered = false;
    try {
      subscriber.onState?.("connecting");
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (last) headers["last-event-id"] = last;
      const response = await http.request(`/api/v1/live?${query}`, { headers, signal: silence.signal });
      if (!response.body) throw new Error("this browser cannot read a response as it comes");
      isAnswered = true;
      // What a proxy between says of it is no sign of life.
      const chunks = silence.broken(readText(response.body), () => {
        subscriber.onState?.("live");
        if (!last) subscriber.onReset([...topics]);
      });
      for await (const event of parseEvents(chunks)) {
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
    if (isAnswered && !silence.isBroken) subscriber.onReset([...topics]);
    // Proxies end what lasts long, and it was well until then.
    if (silence.isBroken && Date.now() - began > PAUSE_MS_MAX) pause = FIRST_PAUSE_MS;
    await rest(pause * (0.5 + Math.random()), signal);
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
  subscriber.onState?.("closed");
}

function resetTopics(data: string, all: readonly string[]): string[] {
  return (JSON.parse(data || "{}") as { topics?: string[] }).topics ?? [...all];
}
