import type { Http } from "./http.js";
import { mayPass } from "./http.js";
import { rest, Silence } from "./live.js";
import { parseEvents, readText } from "./sse.js";

interface StreamRecord {
  seq_num: number;
  body: string;
}

export interface StreamOptions {
  /** The part to begin with; 0 is the first. */
  startIndex?: number;
  signal?: AbortSignal;
  /** Milliseconds without a sign of life, pings included, after which the connection counts as dead. */
  silence?: number;
}

const PAUSE_MS = 250;

/** The parts of a run's stream, from the first, as they are written; ends when the stream or its run has. */
export async function* readStream<Part>(
  http: Http,
  runId: string,
  key: string,
  options: StreamOptions = {},
): AsyncGenerator<Part> {
  const { signal } = options;
  let last = (options.startIndex ?? 0) - 1;
  for (;;) {
    const silence = new Silence(options.silence, signal);
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (last >= 0) headers["last-event-id"] = String(last);
      const response = await http.request(streamPath(runId, key), { headers, signal: silence.signal });
      if (!response.body) return;
      for await (const event of parseEvents(silence.broken(readText(response.body)))) {
        if (event.event !== "batch") continue;
        for (const record of (JSON.parse(event.data) as { records: StreamRecord[] }).records) {
          if (record.seq_num <= last) continue;
          last = record.seq_num;
          yield (JSON.parse(record.body) as { data: Part }).data;
        }
      }
      return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!mayPass(error)) throw error;
      await rest(PAUSE_MS, signal);
    } finally {
      silence.end();
    }
  }
}

/** Where a stream is; its name may have slashes, which are parts of the path. */
export function streamPath(runId: string, key: string): string {
  return `/realtime/v1/streams/${[runId, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}
