import type { LiveEvent, LiveSubscriber, Run, Runcast, Snapshot } from "@runcast/client";
import { isOfRun, RuncastError } from "@runcast/client";

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
  /** Ever more runs come. */
  isEndless: boolean;
  /** It is to be read: it never was, or could not be for a moment. */
  isUnread: boolean;
  runs: Map<string, Run>;
  listeners: Set<() => void>;
}

const NOTHING: TopicState = { runs: [], isLive: false, isLoading: true, error: undefined };
const GATHER_MS = 5;
const HIDDEN_PACE_MS = 1_000;
const AGAIN_MS = 2_000;
/** Runs of a topic that has no end; the newest are kept. */
const LISTED_MAX = 1_000;

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
  /** Connections that are not closed, oldest first: more than one until the newest stands. */
  #open: AbortController[] = [];
  #connected = "";
  #again: ReturnType<typeof setTimeout> | undefined;
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
      topic = { state: NOTHING, isOf: membership(name), isEndless: name === "runs" || name.startsWith("tag:"), isUnread: true, runs: new Map(), listeners: new Set() };
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
    clearTimeout(this.#again);
    this.#gathering = undefined;
    this.#close();
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
    this.#forget();
    const names = [...this.#topics.keys()].sort();
    const wanted = names.join(",");
    if (wanted === this.#connected) return;
    this.#connected = wanted;
    const connection = new AbortController();
    this.#connection = connection;
    const unread = names.filter((name) => this.#topics.get(name)?.isUnread);
    if (unread.length > 0) await this.#read(unread);
    if (connection !== this.#connection) return;
    // One that may not be read holds up no other.
    const followed = names.filter((name) => this.#topics.get(name)?.state.error === undefined);
    if (followed.length === 0) return this.#close();
    this.#open.push(connection);
    const isHidden = typeof document !== "undefined" && document.hidden;
    const options = {
      signal: connection.signal,
      after: this.#seq,
      ...(isHidden ? { pace: HIDDEN_PACE_MS } : {}),
    };
    const subscriber = this.#subscriber(followed, () => this.#close(connection));
    this.#client.follow(followed, subscriber, options).catch((error: unknown) => {
      this.#close(connection);
      if (connection.signal.aborted) return;
      this.#connected = "";
      this.#fail(followed, error, true);
    });
  }

  /** Close the connections before one, or all. */
  #close(before?: AbortController): void {
    const at = before === undefined ? this.#open.length : this.#open.indexOf(before);
    for (const old of this.#open.splice(0, Math.max(0, at))) old.abort();
  }

  /** What nobody listens to, and the runs that only it had. */
  #forget(): void {
    for (const [name, topic] of this.#topics) if (topic.listeners.size === 0) this.#topics.delete(name);
    const topics = [...this.#topics.values()];
    for (const id of this.#seqs.keys()) if (!topics.some((topic) => topic.runs.has(id))) this.#seqs.delete(id);
  }

  /** Read once more, in a moment, what could not be read. */
  #readAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#connected = "";
      this.#gather();
    }, AGAIN_MS);
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

  async #read(names: string[]): Promise<void> {
    try {
      const snapshot: Snapshot = await this.#client.snapshot(names);
      // The oldest of several positions: what is told twice is recognized, what is missed is not.
      const isWhole = names.length === this.#topics.size;
      this.#seq = isWhole || this.#seq < 0 ? snapshot.seq : Math.min(this.#seq, snapshot.seq);
      for (const { d } of snapshot.data) this.#put(d, snapshot.seq);
      for (const name of names) {
        const topic = this.#topics.get(name);
        if (!topic) continue;
        topic.isUnread = false;
        this.#touch(topic, { error: undefined, isLoading: false });
      }
    } catch (error) {
      this.#fail(names, error, mayPass(error));
      if (mayPass(error)) this.#readAgain();
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
      if (topic.isEndless && topic.runs.size > 2 * LISTED_MAX) topic.runs = new Map(newestFirst(topic.runs).slice(0, LISTED_MAX).map((one) => [one.id, one]));
      this.#touch(topic, {});
    }
  }

  #mark(names: string[], isLive: boolean): void {
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic && topic.state.isLive !== isLive) this.#touch(topic, { isLive });
    }
  }

  #fail(names: string[], reason: unknown, isUnread: boolean): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (!topic) continue;
      topic.isUnread = isUnread;
      this.#touch(topic, { error, isLive: false, isLoading: false });
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

/** Whether reading again may help: not for what the server understood and refuses. */
function mayPass(error: unknown): boolean {
  return !(error instanceof RuncastError) || error.status === 408 || error.status === 429 || error.status >= 500;
}

/** Ids sort by time. */
function newestFirst(runs: Map<string, Run>): Run[] {
  return [...runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
