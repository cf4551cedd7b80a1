import type { LiveEvent, Run } from "@runcast/client";
import { isOfRun } from "@runcast/client";
import type { Runcast } from "@runcast/react-hooks";
import { get } from "@/data/api";
import type { TraceState } from "@/data/trace";
import type { PartsFact, TimelineFact } from "./facts";
import { FINAL } from "./facts";
import type { TraceStore } from "./store";

const RUNS_AT_ONCE = 100;
/** Between two reads of what changed; the first comes at once. */
const PACE_MS = 30;
/** Between two reads of all that a run recorded, because something was missed. */
const WHOLE_MS = 2_000;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 30_000;

/**
 * Brings a store what happens in its run: reads the timeline once, follows the tree, and reads of each run that recorded
 * something only what changed. The state of the runs themselves comes with the stream.
 */
export class TraceFeed {
  readonly #client: Runcast;
  readonly #store: TraceStore;
  #state: TraceState = { isLoading: true, error: undefined, isTruncated: false };
  readonly #listeners = new Set<() => void>();
  /** Up to when the parts of a run are known. */
  readonly #known = new Map<string, number>();
  /** When all of a run was read anew. */
  readonly #wholeAt = new Map<string, number>();
  readonly #wanted = new Set<string>();
  #stopping = new AbortController();
  #isReading = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    };
  }

  /** Read what is within a run, for somebody who opens it. */
  open(runId: string): void {
    if (!this.#known.has(runId)) this.#want(runId);
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const found = await this.#readAll(signal);
    if (!found || signal.aborted) return;
    const subscriber = {
      onEvents: (events: LiveEvent[]) => this.#hear(events),
      onReset: () => void this.#readAll(signal),
    };
    await this.#client.follow([`tree:${found.rootId}`], subscriber, { after: found.seq, signal }).catch(() => undefined);
  }

  async #readAll(signal: AbortSignal): Promise<TimelineFact | undefined> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const found = await get<TimelineFact>(`/api/v1/runs/${this.#store.runId}/timeline`, {}, signal);
        this.#store.putRuns(found.runs);
        for (const parts of found.parts) this.#put(parts, found.now);
        this.#say({ isLoading: false, error: undefined, isTruncated: found.isTruncated });
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

  #hear(events: readonly LiveEvent[]): void {
    for (const event of events) {
      if (!isOfRun(event) || !this.#store.isOurs(event.d)) continue;
      const run: Run = event.d;
      const isNew = this.#store.run(run.id) === undefined;
      if (isNew || event.kinds.includes("status") || event.kinds.includes("metadata")) this.#store.putLive(run);
      const hasParts = event.kinds.includes("journal") || (event.kinds.includes("status") && (FINAL.has(run.status) || (run.attemptCount ?? 0) > 1));
      if (hasParts && (run.id === this.#store.runId || this.#known.has(run.id) || this.#known.size < RUNS_AT_ONCE * 2)) this.#want(run.id);
    }
  }

  #want(runId: string): void {
    this.#wanted.add(runId);
    if (!this.#isReading && this.#timer === undefined) this.#timer = setTimeout(() => void this.#read(), 0);
  }

  async #read(): Promise<void> {
    this.#timer = undefined;
    const { signal } = this.#stopping;
    if (this.#wanted.size === 0 || signal.aborted) return;
    this.#isReading = true;
    const ids = [...this.#wanted].slice(0, RUNS_AT_ONCE);
    for (const id of ids) this.#wanted.delete(id);
    const since = Math.min(...ids.map((id) => this.#known.get(id) ?? 0));
    try {
      const path = `/api/v1/runs/${this.#store.runId}/timeline/parts`;
      const { now, data } = await get<{ now: number; data: PartsFact[] }>(path, { of: ids.join(","), since }, signal);
      for (const parts of data) this.#put(parts, now);
      this.#failures = 0;
    } catch {
      for (const id of ids) this.#wanted.add(id);
      this.#failures += 1;
    }
    this.#isReading = false;
    if (this.#wanted.size > 0 && !signal.aborted) {
      const pause = this.#failures === 0 ? PACE_MS : Math.min(RETRY_MS * 2 ** this.#failures, RETRY_MS_MAX);
      this.#timer = setTimeout(() => void this.#read(), pause);
    }
  }

  #put(parts: PartsFact, now: number): void {
    const isFirst = !this.#known.has(parts.runId);
    this.#store.putParts(parts);
    if (parts.next !== undefined) {
      void this.#readRest(parts.runId, parts.next, now);
      return;
    }
    this.#known.set(parts.runId, Math.max(this.#known.get(parts.runId) ?? 0, Math.min(now, newestOf(parts))));
    const isComplete = this.#store.entryCount(parts.runId) >= parts.count;
    if (isComplete || isFirst) return;
    // What was reported very late has an early time: it is missed by who asks for what is new, and found by counting.
    const isDue = performance.now() - (this.#wholeAt.get(parts.runId) ?? 0) > WHOLE_MS;
    if (isDue) {
      this.#wholeAt.set(parts.runId, performance.now());
      this.#known.set(parts.runId, 0);
    }
    setTimeout(() => !this.#stopping.signal.aborted && this.#want(parts.runId), isDue ? 0 : WHOLE_MS);
  }

  /** The pages after the first, of a run that recorded thousands. */
  async #readRest(runId: string, next: string, now: number): Promise<void> {
    const { signal } = this.#stopping;
    const path = `/api/v1/runs/${this.#store.runId}/timeline/parts`;
    this.#known.set(runId, now - WHOLE_MS);
    try {
      for (let after: string | undefined = next; after !== undefined && !signal.aborted; ) {
        const page: { data: PartsFact[] } = await get(path, { of: runId, "page[after]": after }, signal);
        const parts: PartsFact | undefined = page.data[0];
        if (!parts) return;
        this.#store.putParts(parts);
        after = parts.next;
      }
    } catch {
      if (!signal.aborted) this.#known.set(runId, 0);
    }
  }

  #say(state: TraceState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Up to when what is on disk is known: what is committed later happened later, or at about the same time. */
function newestOf(parts: PartsFact): number {
  let newest = 0;
  for (const entry of parts.entries) newest = Math.max(newest, entry.finishedAt ?? entry.startedAt);
  for (const one of parts.tries) newest = Math.max(newest, one.failedAt ?? one.startedAt);
  return newest;
}
