import type { StreamOptions } from "@runcast/client";

export interface PartListener {
  onParts(parts: unknown[]): void;
  /** Nothing more comes. */
  onEnd(error?: unknown): void;
}

type ReadStream = (runId: string, key: string, options: StreamOptions) => AsyncIterable<unknown>;

interface Reader {
  runId: string;
  key: string;
  parts: unknown[];
  listeners: Set<PartListener>;
  stop: AbortController | undefined;
  isDone: boolean;
  error: unknown;
}

/** Of the six that a browser has to a server: the others are for what pages ask. */
const CONNECTIONS_MAX = 3;
const TURN_MS = 750;
const GATHER_MS = 16;

/** The streams that tabs read, each once, over few connections: with more streams than these they take turns. */
export class Readers {
  readonly #read: ReadStream;
  readonly #readers = new Map<string, Reader>();
  readonly #waiting: Reader[] = [];
  #connections = 0;

  constructor(read: ReadStream) {
    this.#read = read;
  }

  /** Tells a listener all parts from the one numbered `from`; returns how to leave. */
  add(runId: string, key: string, from: number, listener: PartListener): () => void {
    const name = `${runId}/${key}`;
    let reader = this.#readers.get(name);
    if (!reader) {
      reader = { runId, key, parts: [], listeners: new Set(), stop: undefined, isDone: false, error: undefined };
      this.#readers.set(name, reader);
      this.#waiting.push(reader);
    }
    const mine = reader;
    const late = from > mine.parts.length ? skipping(listener, from - mine.parts.length) : listener;
    mine.listeners.add(late);
    if (mine.parts.length > from) listener.onParts(mine.parts.slice(from));
    if (mine.isDone) listener.onEnd(mine.error);
    this.#turn();
    return () => {
      mine.listeners.delete(late);
      if (mine.listeners.size > 0 || this.#readers.get(name) !== mine) return;
      this.#readers.delete(name);
      mine.stop?.abort();
      const at = this.#waiting.indexOf(mine);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  }

  #turn(): void {
    while (this.#connections < CONNECTIONS_MAX) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#serve(next);
    }
  }

  async #serve(reader: Reader): Promise<void> {
    const stop = new AbortController();
    reader.stop = stop;
    this.#connections += 1;
    const timer = setInterval(() => this.#waiting.length > 0 && stop.abort(), TURN_MS);
    const gathered = new Gathered((parts) => reader.listeners.forEach((one) => one.onParts(parts)));
    let error: unknown;
    try {
      for await (const part of this.#read(reader.runId, reader.key, { startIndex: reader.parts.length, signal: stop.signal })) {
        reader.parts.push(part);
        gathered.add(part);
      }
    } catch (reason) {
      error = reason;
    }
    clearInterval(timer);
    gathered.flush();
    this.#connections -= 1;
    reader.stop = undefined;
    const isOver = !stop.signal.aborted;
    if (isOver) {
      reader.isDone = true;
      reader.error = error;
      reader.listeners.forEach((one) => one.onEnd(error));
    } else if (reader.listeners.size > 0) this.#waiting.push(reader);
    this.#turn();
  }
}

/** A listener that begins later than the reader is. */
function skipping(listener: PartListener, count: number): PartListener {
  let left = count;
  return {
    onParts: (parts) => {
      const wanted = parts.slice(left);
      left = Math.max(0, left - parts.length);
      if (wanted.length > 0) listener.onParts(wanted);
    },
    onEnd: (error) => listener.onEnd(error),
  };
}

/** Parts that come within a frame are told together. */
class Gathered {
  readonly #tell: (parts: unknown[]) => void;
  #parts: unknown[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (parts: unknown[]) => void) {
    this.#tell = tell;
  }

  add(part: unknown): void {
    this.#parts.push(part);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const parts = this.#parts;
    this.#parts = [];
    if (parts.length > 0) this.#tell(parts);
  }
}
