import type { LiveEvent, LiveSubscriber, Run, Runcast, Snapshot } from "@runcast/client";
import { isOfRun } from "@runcast/client";

/** What is known of a topic. A new object whenever something of it changed, and only then. */
export interface TopicState {
  /** Newest first. */
  runs: readonly Run[];
  /** Whether it is being kept up to date. */
  isLive: boolean;
  isLoading: boolean;
  error: Error | undefined;
}

interface Topic {
  state: TopicState;
  isOf: (run: Run) => boolean;
  runs: Map<string, Run>;
  listeners: Set<() => void>;
}

const NOTHING: TopicState = { runs: [], isLive: false, isLoading: true, error: undefined };
const GATHER_MS = 5;
const HIDDEN_PACE_MS = 1_000;

/**
 * The topics of one page over one connection. Which topics it asks for follows from who listens: when that changes, a new
 * connection is opened before the old one is closed, so nothing is missed and nothing flickers.
 */
export class LiveStore {
  readonly #client: Runcast;
  readonly #topics = new Map<string, Topic>();
  /** Position of the newest state of each run that is shown. */
  readonly #seqs = new Map<string, number>();
  #seq = -1;
  #connection: AbortController | undefined;
  #connected = "";
  #gathering: ReturnType<typeof setTimeout> | undefined;
  readonly #dirty = new Set<Topic>();
  #isFlushing = false;

  constructor(client: Runcast) {
    this.#client = client;
  }

  /** Listen to a topic; returns how to stop. */
  subscribe(name: string, listener: () => void): () => void {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { state: NOTHING, isOf: membership(name), runs: new Map(), listeners: new Set() };
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
    this.#gathering = undefined;
    this.#connection?.abort();
    this.#connection = undefined;
    this.#connected = "";
  }

  /** A page that mounts asks for many topics at once, and in React's strict mode for each twice. */
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
      this.#seqs.clear();
      return;
    }
    const unread = names.filter((name) => this.#topics.get(name)?.state.isLoading);
    if (unread.length > 0 && !(await this.#read(unread))) {
      before?.abort();
      return;
    }
    if (connection !== this.#connection) return;
    const isHidden = typeof document !== "undefined" && document.hidden;
    const options = {
      signal: connection.signal,
      after: this.#seq,
      ...(isHidden ? { pace: HIDDEN_PACE_MS } : {}),
    };
    const subscriber = this.#subscriber(names, () => before?.abort());
    this.#client.follow(names, subscriber, options).catch((error: unknown) => {
      before?.abort();
      if (!connection.signal.aborted) this.#fail(names, error);
    });
  }

  #subscriber(names: string[], onLive: () => void): LiveSubscriber {
    return {
      onEvents: (events: LiveEvent[]) => this.#apply(events),
      onReset: () => void this.#read(names),
      onState: (state) => {
        if (state === "live") onLive();
        if (state === "live" || state === "waiting") this.#mark(names, state === "live");
      },
    };
  }

  async #read(names: string[]): Promise<boolean> {
    try {
      const snapshot: Snapshot = await this.#client.snapshot(names);
      // The oldest of several positions: what is told twice is recognized, what is missed is not.
      const isWhole = names.length === this.#topics.size;
      this.#seq = isWhole || this.#seq < 0 ? snapshot.seq : Math.min(this.#seq, snapshot.seq);
      for (const { d } of snapshot.data) this.#put(d, snapshot.seq);
      for (const name of names) {
        const topic = this.#topics.get(name);
        if (topic) this.#touch(topic, { error: undefined, isLoading: false });
      }
      return true;
    } catch (error) {
      this.#fail(names, error);
      return false;
    }
  }

  #apply(events: LiveEvent[]): void {
    for (const event of events) {
      this.#seq = Math.max(this.#seq, event.seq);
      if (isOfRun(event)) this.#put(event.d, event.seq);
    }
  }

  #put(run: Run, seq: number): void {
    if (seq < (this.#seqs.get(run.id) ?? -1)) return;
    this.#seqs.set(run.id, seq);
    for (const topic of this.#topics.values()) {
      const before = topic.runs.get(run.id);
      if (!before && !topic.isOf(run)) continue;
      // Left out: as they were.
      topic.runs.set(run.id, run.streams || !before?.streams ? run : { ...run, streams: before.streams });
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

  /** Shown with the next frame, together with whatever else changed by then. */
  #touch(topic: Topic, change: Partial<TopicState>): void {
    topic.state = { ...topic.state, ...change };
    this.#dirty.add(topic);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // No frames are drawn for a page that nobody sees.
    const isSeen = typeof requestAnimationFrame === "function" && !(typeof document !== "undefined" && document.hidden);
    if (isSeen) requestAnimationFrame(() => this.#flush());
    else setTimeout(() => this.#flush(), 16);
  }

  #flush(): void {
    this.#isFlushing = false;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const topic of dirty) {
      topic.state = { ...topic.state, runs: newestFirst(topic.runs) };
      for (const listener of topic.listeners) listener();
    }
  }
}

/** Which runs belong to a topic, as far as a run itself says. */
function membership(topic: string): (run: Run) => boolean {
  const colon = topic.indexOf(":");
  const kind = colon < 0 ? topic : topic.slice(0, colon);
  const name = topic.slice(colon + 1);
  switch (kind) {
    case "run":
      return (run) => run.id === name;
    case "tree":
      return (run) => run.rootId === name || run.id === name;
    case "batch":
      return (run) => run.batchId === name;
    case "tag":
      return (run) => run.tags.includes(name);
    case "runs":
      return () => true;
    default:
      return () => false;
  }
}

/** Ids sort by time. */
function newestFirst(runs: Map<string, Run>): Run[] {
  return [...runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
