import type { Http } from "./http.js";
import { mayPass } from "./http.js";
import { rest, Silence } from "./silence.js";
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

const FIRST_PAUSE_MS = 250;
const PAUSE_MS_MAX = 5_000;
/** A comment, with which a server says that a stream is complete: a proxy whose server is gone may end it as if it were. */
const END = ": end\n\n";

/** The parts of a run's stream, from the first, as they are written; ends when the stream or its run has. */
export async function* readStream<Part>(
  http: Http,
  runId: string,
  key: string,
  options: StreamOptions = {},
): AsyncGenerator<Part> {
  const { signal } = options;
  let last = (options.startIndex ?? 0) - 1;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    const silence = new Silence(options.silence, signal);
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (last >= 0) headers["last-event-id"] = String(last);
      const response = await http.request(streamPath(runId, key), { headers, signal: silence.signal });
      if (!response.body) return;
      const text = new Text(readText(response.body));
      for await (const event of parseEvents(silence.broken(text.chunks()))) {
        if (event.event !== "batch") continue;
        pause = FIRST_PAUSE_MS;
        for (const record of (JSON.parse(event.data) as { records: StreamRecord[] }).records) {
          if (record.seq_num <= last) continue;
          last = record.seq_num;
          yield (JSON.parse(record.body) as { data: Part }).data;
        }
      }
      if (text.tail === END) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!mayPass(error)) throw error;
    } finally {
      silence.end();
    }
    await rest(pause, signal);
    if (signal?.aborted) return;
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
}

/** Chunks, and how they ended. */
class Text {
  tail = "";
  readonly #chunks: AsyncIterable<string>;

  constructor(chunks: AsyncIterable<string>) {
    this.#chunks = chunks;
  }

  async *chunks(): AsyncGenerator<string> {
    for await (const chunk of this.#chunks) {
      this.tail = (this.tail + chunk).slice(-END.length);
      yield chunk;
    }
  }
}

/** Where a stream is; its name may have slashes, which are parts of the path. */
export function streamPath(runId: string, key: string): string {
  return `/realtime/v1/streams/${[runId, ...key.split("/")].map(encodeURIComponent).join("/")}`;
}
