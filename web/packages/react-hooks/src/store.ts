import type { LiveEvent, LiveSubscriber, Run, Runcast, Snapshot } from "@runcast/client";

/** What is known of a topic. A new object whenever something changed, and only then. */
export interface TopicState {
  /** Newest first. */
  runs: readonly Run[];
  /** Whether the state was read, and is being kept up to date. */
  isLive: boolean;
  isLoading: boolean;
  error: Error | undefined;
}

interface Topic {
  state: TopicState;
  runs: Map<string, Run>;
  /** The position of the feed up to which `runs` is right. */
  seq: number;
  listeners: Set<() => void>;
  /** Whether it was read at all. */
  isRead: boolean;
}

const NOTHING: TopicState = { runs: [], isLive: false, isLoading: true, error: undefined };
const GATHER_MS = 5;
const HIDDEN_PACE_MS = 1_000;

/**
 * Topics of one page over one connection. Which topics it asks for follows from who listens: when that changes, a new
 * connection is opened before the old one is closed, so nothing is missed and nothing flickers.
 */
export class LiveStore {
  readonly #client: Runcast;
  readonly #topics = new Map<string, Topic>();
  #connection: AbortController | undefined;
  #connected = "";
  #gathering: ReturnType<typeof setTimeout> | undefined;
  readonly #dirty = new Set<Topic>();
  #frame: number | ReturnType<typeof setTimeout> | undefined;

  constructor(client: Runcast) {
    this.#client = client;
  }

  /** Listen to a topic; returns how to stop. */
  subscribe(name: string, listener: () => void): () => void {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { state: NOTHING, runs: new Map(), seq: -1, listeners: new Set(), isRead: false };
      this.#topics.set(name, topic);
    }
    topic.listeners.add(listener);
    this.#gather();
    return () => {
      topic.listeners.delete(listener);
      this.#gather();
    };
  }

  get(name: string): TopicState {
    return this.#topics.get(name)?.state ?? NOTHING;
  }

  close(): void {
    clearTimeout(this.#gathering);
    this.#connection?.abort();
    this.#connection = undefined;
    this.#connected = "";
  }

  /** A page that mounts asks for many topics at once, and React's strict mode for each twice. */
  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      void this.#reconnect();
    }, GATHER_MS);
  }

  async #reconnect(): Promise<void> {
    for (const [name, topic] of this.#topics) if (topic.listeners.size === 0) this.#topics.delete(name);
    const names = [...this.#topics.keys()].sort();
    const wanted = names.join(",");
    if (wanted === this.#connected) return;
    this.#connected = wanted;
    const before = this.#connection;
    const connection = new AbortController();
    this.#connection = connection;
    if (names.length === 0) {
      before?.abort();
      return;
    }
    const unread = names.filter((name) => !this.#topics.get(name)?.isRead);
    if (unread.length > 0 && !(await this.#read(unread, connection.signal))) {
      before?.abort();
      return;
    }
    if (connection.signal.aborted) return;
    const seqs = names.map((name) => this.#topics.get(name)?.seq ?? -1).filter((seq) => seq >= 0);
    const options = {
      signal: connection.signal,
      ...(seqs.length > 0 ? { after: Math.min(...seqs) } : {}),
      ...(typeof document !== "undefined" && document.hidden ? { pace: HIDDEN_PACE_MS } : {}),
    };
    this.#client.follow(names, this.#subscriber(names, () => before?.abort()), options).catch((error: unknown) => {
      if (!connection.signal.aborted) this.#fail(names, error);
    });
  }

  #subscriber(names: string[], onLive: () => void): LiveSubscriber {
    return {
      onEvents: (events: LiveEvent[], seq: number) => this.#apply(events, seq),
      onReset: (topics: string[]) => void this.#read(topics),
      onState: (state) => {
        if (state === "live") onLive();
        if (state === "live" || state === "waiting") this.#mark(names, state === "live");
      },
    };
  }

  async #read(names: string[], signal?: AbortSignal): Promise<boolean> {
    try {
      const snapshot: Snapshot = await this.#client.snapshot(names);
      if (signal?.aborted) return false;
      for (const name of names) {
        const topic = this.#topics.get(name);
        if (!topic) continue;
        topic.runs = new Map((snapshot.data[name] ?? []).map((run) => [run.id, run]));
        topic.seq = snapshot.seq;
        topic.isRead = true;
        this.#touch(topic, { error: undefined, isLoading: false });
      }
      return true;
    } catch (error) {
      if (!signal?.aborted) this.#fail(names, error);
      return false;
    }
  }

  #apply(events: LiveEvent[], seq: number): void {
    const touched = new Set<Topic>();
    for (const { t, d } of events) {
      const topic = this.#topics.get(t);
      // The old connection and the new one tell the same for a moment.
      if (!topic || seq <= topic.seq) continue;
      const run = d as Run;
      topic.runs.set(run.id, run);
      touched.add(topic);
    }
    for (const topic of touched) {
      topic.seq = seq;
      this.#touch(topic, {});
    }
  }

  #mark(names: string[], isLive: boolean): void {
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic && topic.state.isLive !== isLive) this.#touch(topic, { isLive });
    }
  }

  #fail(names: string[], reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic) this.#touch(topic, { error, isLive: false, isLoading: false });
    }
  }

  #touch(topic: Topic, change: Partial<TopicState>): void {
    topic.state = { ...topic.state, ...change };
    this.#dirty.add(topic);
    if (this.#frame !== undefined) return;
    // No frames are drawn for a page that nobody sees.
    const isSeen = typeof requestAnimationFrame === "function" && !(typeof document !== "undefined" && document.hidden);
    this.#frame = isSeen ? requestAnimationFrame(() => this.#flush()) : setTimeout(() => this.#flush(), 16);
  }

  #flush(): void {
    this.#frame = undefined;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const topic of dirty) {
      topic.state = { ...topic.state, runs: sorted(topic.runs) };
      for (const listener of topic.listeners) listener();
    }
  }
}

/** Newest first: ids sort by time. */
function sorted(runs: Map<string, Run>): Run[] {
  return [...runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
