/** The trace of a run as pages use it: one store a run, shared by everything on the page that shows a part of it. */

import { useRuncast } from "@runcast/react-hooks";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Entry } from "@/data/run";
import { entryQuery } from "@/data/run";
import type { EntryFact } from "@/trace/facts";
import { TraceFeed } from "@/trace/feed";
import type { Span } from "@/trace/span";
import { TraceStore } from "@/trace/store";
import { TraceViewState } from "@/trace/view-state";

export type { EntryFact } from "@/trace/facts";
export type { Segment, Span, SpanKind } from "@/trace/span";

const ALL_MS = 250;

/** A trace that follows its run. What it holds changes many times a second: read it with `useSpan` and `useSpans`. */
export interface Trace {
  runId: string;
  store: TraceStore;
  feed: TraceFeed;
  /** Which rows are shown, and which part of the time. */
  view: TraceViewState;
}

/** The trace of a run: read once, and followed as long as the component is on the page. */
export function useTrace(runId: string): Trace {
  const client = useRuncast();
  const trace = useMemo(() => {
    const store = new TraceStore(runId);
    return { runId, store, feed: new TraceFeed(client, store), view: new TraceViewState(store) };
  }, [client, runId]);
  useEffect(() => trace.feed.start(), [trace]);
  return trace;
}

/** One span, kept current; undefined without an id, and for one that is not there (yet). */
export function useSpan(trace: Trace, id: string | undefined): Span | undefined {
  const { store } = trace;
  const subscribe = useCallback((listener: () => void) => (id === undefined ? () => undefined : store.subscribeSpan(id, listener)), [store, id]);
  return useSyncExternalStore(subscribe, () => (id === undefined ? undefined : store.get(id)));
}

/** Every span, each after the one that holds it; at most four times a second, because these may be thousands. */
export function useSpans(trace: Trace): readonly Span[] {
  const { store } = trace;
  const [spans, setSpans] = useState(store.spans);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setSpans(store.spans());
    };
    show();
    const stop = store.subscribe(() => {
      timer ??= setTimeout(show, ALL_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return spans;
}

/** What a run of the trace recorded, in no certain order; read when it was not yet, and at most four times a second. */
export function useEntries({ store, feed }: Trace, runId: string): readonly EntryFact[] | undefined {
  const [entries, setEntries] = useState(() => store.entriesOf(runId));
  useEffect(() => {
    feed.open(runId);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setEntries(store.entriesOf(runId));
    };
    show();
    const stop = store.subscribe(() => {
      timer ??= setTimeout(show, ALL_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store, feed, runId]);
  return entries;
}

/** An entry with its value, of which the trace knows the rest. */
export function useEntry(runId: string, fact: EntryFact | undefined): Entry | undefined {
  const state = fact && `${fact.status} ${fact.finishedAt ?? ""} ${fact.tries ?? 1}`;
  const { data } = useQuery({ ...entryQuery(runId, fact?.key ?? "", state ?? ""), enabled: fact !== undefined });
  return fact && data ? data : undefined;
}

export interface TraceState {
  isLoading: boolean;
  error: Error | undefined;
  /** There is more than is shown. */
  isTruncated: boolean;
}

export function useTraceState(trace: Trace): TraceState {
  const { feed } = trace;
  return useSyncExternalStore(feed.subscribe, feed.state);
}
