import type { LiveEvent, LiveOptions, LiveSubscriber } from "@runcast/client";
import { isOfRun } from "@runcast/client";

type State = "connecting" | "live" | "waiting" | "closed";
type FollowTopics = (topics: readonly string[], subscriber: LiveSubscriber, options: LiveOptions) => Promise<void>;

interface Follower {
  topics: readonly string[];
  subscriber: LiveSubscriber;
  /** Position up to which it was told everything. */
  since: number;
  /** Nobody told it what happened before it is told anything. */
  isNew: boolean;
  isTracing: boolean;
  hasLeft: boolean;
}

interface Connection {
  key: string;
  stop: AbortController;
  /** After which position it began. */
  after: number | undefined;
  /** Whom it tells: what it leaves out, or what came before it, another one has to tell. */
  told: Set<Follower>;
}

const GATHER_MS = 10;
const HIDDEN_PACE_MS = 1_000;

/**
 * Many followers over one connection, because a browser has six to a server. When the topics change, the new connection
 * begins where the oldest follower is, and the old one is closed once the new one stands; what is told twice is left out.
 */
export class Hub {
  readonly #follow: FollowTopics;
  readonly #followers = new Map<number, Follower>();
  #next = 1;
  #position: number | undefined;
  #current: Connection | undefined;
  /** Connections that are not closed, oldest first: more than one until the newest stands. */
  #open: AbortController[] = [];
  #state: State = "connecting";
  #isHidden = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor(follow: FollowTopics) {
    this.#follow = follow;
  }

  /** Returns how to leave. */
  add(topics: readonly string[], after: number | undefined, subscriber: LiveSubscriber): () => void {
    const id = this.#next++;
    const isTracing = topics.some((topic) => topic.startsWith("trace:"));
    const follower: Follower = { topics, subscriber, since: after ?? this.#position ?? -1, isNew: after === undefined, isTracing, hasLeft: false };
    this.#followers.set(id, follower);
    // One that begins further back than the connection is has to be told what lies between.
    const isBehind = after !== undefined && this.#current !== undefined && after < (this.#position ?? this.#current.after ?? Number.POSITIVE_INFINITY);
    if (isBehind) this.#current = this.#current && { ...this.#current, key: "" };
    else if (this.#covers(topics)) {
      this.#current?.told.add(follower);
      if (this.#state === "live") {
        subscriber.onState?.("live");
        welcome(follower);
      }
    }
    this.#gather();
    return () => {
      this.#followers.delete(id);
      follower.hasLeft = true;
      this.#gather();
    };
  }

  /** All tabs are hidden, or one is seen. */
  hide(isHidden: boolean): void {
    if (isHidden === this.#isHidden) return;
    this.#isHidden = isHidden;
    this.#gather();
  }

  #covers(topics: readonly string[]): boolean {
    const known = new Set(this.#current?.key.split("|")[0]?.split(","));
    return topics.every((topic) => known.has(topic));
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#connect();
    }, GATHER_MS);
  }

  #connect(): void {
    const followers = [...this.#followers.values()];
    const topics = [...new Set(followers.flatMap((one) => one.topics))].sort();
    const key = `${topics.join(",")}|${this.#isHidden}`;
    if (this.#current?.key === key) return;
    if (topics.length === 0) {
      this.#close();
      this.#current = undefined;
      this.#position = undefined;
      this.#state = "connecting";
      return;
    }
    const stop = new AbortController();
    const known = followers.map((one) => one.since).filter((since) => since >= 0);
    const after = known.length > 0 ? Math.min(...known) : undefined;
    const connection: Connection = { key, stop, after, told: new Set(followers) };
    this.#current = connection;
    this.#open.push(stop);
    const options: LiveOptions = {
      signal: stop.signal,
      ...(after === undefined ? {} : { after }),
      ...(this.#isHidden ? { pace: HIDDEN_PACE_MS } : {}),
    };
    const isCurrent = () => this.#current?.stop === stop;
    const subscriber: LiveSubscriber = {
      onEvents: (events) => this.#tell(events, connection),
      onReset: (names) => this.#reset(names, connection),
      onState: (state, error) => {
        if (state === "live") this.#close(stop);
        if (!isCurrent()) return;
        this.#mark(state, error);
        // One that began anywhere says itself that everything is to be read.
        if (state === "live" && after !== undefined) connection.told.forEach(welcome);
      },
    };
    this.#follow(topics, subscriber, options).catch((error: unknown) => {
      this.#close(stop);
      if (!isCurrent()) return;
      // Whoever comes next may be let in.
      this.#current = undefined;
      this.#mark("closed", error);
    });
  }

  /** Close the connections before one, or all. */
  #close(before?: AbortController): void {
    const at = before === undefined ? this.#open.length : this.#open.indexOf(before);
    for (const old of this.#open.splice(0, Math.max(0, at))) old.abort();
  }

  #tell(events: LiveEvent[], { told }: Connection): void {
    const last = events.at(-1)?.seq;
    // Only who traces is told what is within runs; the others share what is left.
    const plain = events.some((event) => "parts" in event) ? events.map(withoutParts) : events;
    for (const follower of told) {
      if (follower.hasLeft) continue;
      const said = follower.isTracing ? events : plain;
      const fresh = said.filter((event) => event.seq > follower.since && isOf(event, follower.topics));
      if (last !== undefined) follower.since = Math.max(follower.since, last);
      if (fresh.length > 0) follower.subscriber.onEvents(fresh);
    }
    if (last !== undefined) this.#position = Math.max(this.#position ?? -1, last);
  }

  #reset(names: string[], { told }: Connection): void {
    for (const follower of told) {
      if (follower.hasLeft) continue;
      follower.since = -1;
      follower.isNew = false;
      follower.subscriber.onReset(names.filter((name) => follower.topics.includes(name)));
    }
    this.#position = undefined;
  }

  #mark(state: State, error?: unknown): void {
    this.#state = state;
    for (const follower of this.#followers.values()) follower.subscriber.onState?.(state, error);
  }
}

/** Who begins without a position reads anew what happened until its connection stood. */
function welcome(follower: Follower): void {
  if (!follower.isNew || follower.hasLeft) return;
  follower.isNew = false;
  follower.subscriber.onReset([...follower.topics]);
}

function withoutParts(event: LiveEvent): LiveEvent {
  if (!("parts" in event)) return event;
  const { parts: _, ...rest } = event;
  return rest;
}

/** Whether an event is of one of the topics, as far as it says itself. */
export function isOf(event: LiveEvent, topics: readonly string[]): boolean {
  if (!isOfRun(event)) return topics.includes(event.t);
  const run = event.d;
  return topics.some((topic) => {
    const colon = topic.indexOf(":");
    const name = topic.slice(colon + 1);
    switch (colon < 0 ? topic : topic.slice(0, colon)) {
      case "runs":
        return true;
      case "run":
        return run.id === name;
      case "tree":
      case "trace":
        return run.rootId === name || run.id === name;
      case "batch":
        return run.batchId === name;
      case "tag":
        return run.tags.includes(name);
      default:
        return false;
    }
  });
}
