import type { LiveEvent } from "@runcast/client";
import { isOfRun } from "@runcast/client";
import type { Runcast } from "@runcast/react-hooks";
import { get } from "@/data/api";
import type { TraceState } from "@/data/trace";
import type { NewsFact, PartsFact, TimelineFact } from "./facts";
import type { TraceStore } from "./store";

const RUNS_AT_ONCE = 100;
/** Runs into which the page looks by itself; into others when somebody opens them. */
const OPEN_MAX = 200;
/** Between two reads. */
const PACE_MS = 100;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 30_000;

/**
 * Brings a store what happens in its run: reads the timeline once, then the stream tells what changes, also within the runs.
 * What is within a run is read anew when the stream says so, or when somebody opens one that was not read yet.
 */
export class TraceFeed {
  readonly #client: Runcast;
  readonly #store: TraceStore;
  #state: TraceState = { isLoading: true, error: undefined, isTruncated: false };
  readonly #listeners = new Set<() => void>();
  /** Runs that are kept current: they were read, or heard of since they began. */
  readonly #known = new Set<string>();
  /** Runs that are being read, with what came meanwhile. A read that began later knows more: the one before it ends. */
  readonly #reading = new Map<string, NewsFact[]>();
  readonly #wanted = new Set<string>();
  /** What comes while everything is read anew. */
  #held: LiveEvent[] | undefined;
  #stopping = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isBusy = false;
  #failures = 0;

  constructor(client: Runcast, store: TraceStore) {
    this.#client = client;
    this.#store = store;
  }

  readonly state = (): TraceState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Read, and follow; returns how to stop. */
  start(): () => void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    void this.#begin(stopping.signal);
    return () => {
      stopping.abort();
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isBusy = false;
      this.#reading.clear();
    };
  }

  /** Read what is within a run, for somebody who opens it. */
  open(runId: string): void {
    if (!this.#known.has(runId) && !this.#reading.has(runId)) this.#want(runId);
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const found = await this.#readAll(signal);
    if (!found || signal.aborted) return;
    const subscriber = {
      onEvents: (events: LiveEvent[]) => this.#hear(events),
      onReset: () => void this.#readAll(signal),
    };
    await this.#client.follow([`trace:${found.rootId}`], subscriber, { after: found.seq, signal }).catch(() => undefined);
  }

  async #readAll(signal: AbortSignal): Promise<TimelineFact | undefined> {
    this.#held ??= [];
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const found = await get<TimelineFact>(`/api/v1/runs/${this.#store.runId}/timeline`, {}, signal);
        const before = [...this.#known];
        this.#known.clear();
        this.#store.putRuns(found.runs);
        for (const parts of found.parts) void this.#put(parts, this.#beginReading(parts.runId));
        for (const id of before) if (!this.#known.has(id) && !this.#reading.has(id)) this.#want(id);
        this.#say({ isLoading: false, error: undefined, isTruncated: found.isTruncated });
        this.#release();
        return found;
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#say({ ...this.#state, isLoading: false, error: error as Error });
        const isFinal = (error as { status?: number }).status === 404 || (error as { status?: number }).status === 403;
        if (isFinal) return undefined;
        await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS * 2 ** failures, RETRY_MS_MAX)));
      }
    }
    return undefined;
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#hear(held);
  }

  #hear(events: readonly LiveEvent[]): void {
    if (this.#held) {
      this.#held.push(...events);
      return;
    }
    for (const event of events) {
      if (!isOfRun(event) || !this.#store.isOurs(event.d)) continue;
      const isNew = this.#store.run(event.d.id) === undefined;
      if (isNew || event.kinds.includes("status") || event.kinds.includes("metadata")) this.#store.putLive(event.d);
      // All of it was told, from when it was created; unless it is one of those that the timeline had no room for.
      if (isNew && !this.#state.isTruncated) this.#known.add(event.d.id);
      if (event.parts) this.#hearParts(event.parts as NewsFact);
    }
  }

  #hearParts(news: NewsFact): void {
    const { runId } = news;
    const isKnown = this.#known.has(runId);
    if (news.isWhole === false ? isKnown || this.#hasRoom() : !isKnown && !this.#reading.has(runId) && this.#hasRoom()) this.#want(runId);
    else if (isKnown) this.#store.putParts(news);
    this.#reading.get(runId)?.push(news);
  }

  #hasRoom(): boolean {
    return this.#known.size < OPEN_MAX;
  }

  #want(runId: string): void {
    this.#wanted.add(runId);
    if (!this.#isBusy && this.#timer === undefined) this.#timer = setTimeout(() => void this.#read(), 0);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    const { signal } = this.#stopping;
    const ids = [...this.#wanted].slice(0, RUNS_AT_ONCE);
    if (ids.length === 0 || signal.aborted) return;
    this.#isBusy = true;
    for (const id of ids) this.#wanted.delete(id);
    const come = new Map(ids.map((id) => [id, this.#beginReading(id)]));
    try {
      const { data } = await get<{ data: PartsFact[] }>(this.#path, { of: ids.join(",") }, signal);
      await Promise.all(data.map((parts) => this.#put(parts, come.get(parts.runId) ?? [])));
      this.#failures = 0;
    } catch {
      for (const id of ids) this.#wanted.add(id);
      this.#failures += 1;
    }
    for (const [id, news] of come) this.#endReading(id, news);
    if (signal.aborted) return;
    this.#isBusy = false;
    const pause = this.#failures === 0 ? PACE_MS : Math.min(RETRY_MS * 2 ** this.#failures, RETRY_MS_MAX);
    if (this.#wanted.size > 0) this.#timer = setTimeout(() => void this.#read(), pause);
  }

  get #path(): string {
    return `/api/v1/runs/${this.#store.runId}/timeline/parts`;
  }

  #beginReading(runId: string): NewsFact[] {
    const come: NewsFact[] = [];
    this.#reading.set(runId, come);
    return come;
  }

  /** Whether it was still the newest. */
  #endReading(runId: string, come: NewsFact[]): boolean {
    return this.#reading.get(runId) === come && this.#reading.delete(runId);
  }

  /** What was read of a run, with the pages that follow: from now on it is kept current. */
  async #put(first: PartsFact, come: NewsFact[]): Promise<void> {
    const { runId } = first;
    const { signal } = this.#stopping;
    const keys = new Set<string>();
    for (let parts: PartsFact | undefined = first; parts && this.#reading.get(runId) === come; ) {
      this.#store.putParts(parts);
      for (const entry of parts.entries) keys.add(entry.key);
      if (parts.next === undefined) break;
      try {
        parts = await this.#pageAfter(parts.next, runId, signal);
      } catch {
        if (this.#endReading(runId, come) && !signal.aborted) this.#want(runId);
        return;
      }
    }
    if (!this.#endReading(runId, come)) return;
    this.#store.keepEntries(runId, keys);
    for (const news of come) this.#store.putParts(news);
    this.#known.add(runId);
  }

  async #pageAfter(after: string, runId: string, signal: AbortSignal): Promise<PartsFact | undefined> {
    const { data } = await get<{ data: PartsFact[] }>(this.#path, { of: runId, "page[after]": after }, signal);
    return data[0];
  }

  #say(state: TraceState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
