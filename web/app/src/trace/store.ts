import type { Span } from "./span";

type Listener = () => void;

/** The spans of a trace, for many who each look at a few. */
export class TraceStore {
  readonly runId: string;
  #spans = new Map<string, Span>();
  #list: readonly Span[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #spanListeners = new Map<string, Set<Listener>>();

  constructor(runId: string) {
    this.runId = runId;
  }

  get(id: string): Span | undefined {
    return this.#spans.get(id);
  }

  readonly spans = (): readonly Span[] => this.#list;

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  subscribeSpan(id: string, listener: Listener): () => void {
    const listeners = this.#spanListeners.get(id) ?? new Set();
    this.#spanListeners.set(id, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  replace(spans: readonly Span[]): void {
    this.#list = spans;
    this.#spans = new Map(spans.map((span) => [span.id, span]));
    for (const listeners of this.#spanListeners.values()) for (const listener of listeners) listener();
    for (const listener of this.#listeners) listener();
  }
}
