import type { Runcast } from "@runcast/react-hooks";
import { get } from "@/data/api";
import type { TraceState } from "@/data/trace";
import type { Span, SpanKind } from "./span";
import type { TraceStore } from "./store";

interface FlatSpan {
  id: string;
  parentId?: string;
  runId: string;
  message: string;
  kind: SpanKind | "log";
  startTime: string;
  duration: number;
  isError: boolean;
  isPartial: boolean;
  isCancelled: boolean;
  attemptNumber?: number;
  properties?: { key?: string; tries?: number; dueAt?: number };
  events: { properties: { exception: { type?: string; message: string; stacktrace?: string } } }[];
}

/** Brings a store what happens in its run. */
export class TraceFeed {
  #state: TraceState = { isLoading: true, error: undefined, isTruncated: false };
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly client: Runcast,
    readonly store: TraceStore,
  ) {}

  readonly state = (): TraceState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Read, and follow; returns how to stop. */
  start(): () => void {
    void this.#read();
    const timer = setInterval(() => void this.#read(), 1_000);
    return () => clearInterval(timer);
  }

  async #read(): Promise<void> {
    try {
      const page = await get<{ data: FlatSpan[]; pagination: { truncated?: boolean } }>(`/api/v1/runs/${this.store.runId}/trace`, { "page[size]": 10_000 });
      this.store.replace(spansOf(page.data.filter((one) => one.kind !== "log")));
      this.#say({ isLoading: false, error: undefined, isTruncated: page.pagination.truncated ?? false });
    } catch (error) {
      this.#say({ ...this.#state, isLoading: false, error: error as Error });
    }
  }

  #say(state: TraceState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function spansOf(flat: readonly FlatSpan[]): Span[] {
  const depths = new Map<string, number>();
  return flat.map((one): Span => {
    const depth = (depths.get(one.parentId ?? "") ?? -1) + 1;
    depths.set(one.id, depth);
    const startedAt = Date.parse(one.startTime);
    const finishedAt = one.isPartial ? undefined : startedAt + one.duration / 1e6;
    const exception = one.events[0]?.properties.exception;
    return {
      id: one.id,
      parentId: one.parentId,
      runId: one.runId,
      kind: one.kind as SpanKind,
      name: one.message,
      status: one.isError ? "FAILED" : one.isCancelled ? "CANCELED" : one.isPartial ? "EXECUTING" : "COMPLETED",
      startedAt,
      finishedAt,
      segments: [{ kind: "run", from: startedAt, to: finishedAt }],
      error: exception && { message: exception.message, ...(exception.type === undefined ? {} : { name: exception.type }), ...(exception.stacktrace === undefined ? {} : { stackTrace: exception.stacktrace }) },
      attempt: one.attemptNumber,
      tries: one.properties?.tries ?? 1,
      key: one.properties?.key,
      childRunId: undefined,
      dueAt: one.properties?.dueAt,
      isRecovered: false,
      depth,
    };
  });
}
