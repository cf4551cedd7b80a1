/**
 * Live Runcast runs in React 18 and 19.
 *
 *     <RuncastProvider baseUrl="https://runs.example.com" token={token}>
 *       <Progress id={run.id} />
 *     </RuncastProvider>
 *
 *     function Progress({ id }) {
 *       const { run, children } = useRun(id);
 *       return <progress value={run?.metadata?.progress} />;
 *     }
 */

import type { ClientOptions, LiveSubscriber, Run, StreamOptions, Triggered, TriggerOptions } from "@runcast/client";
import { Runcast } from "@runcast/client";
import type { ReactNode } from "react";
import { createContext, createElement, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { TopicState } from "./store.js";
import { LiveStore } from "./store.js";

export type { LiveEvent, LiveSubscriber, Run, RunError, RunStatus, Triggered, TriggerOptions } from "@runcast/client";
export { Runcast, RuncastError } from "@runcast/client";

interface Connected {
  client: Runcast;
  store: LiveStore;
}

const Context = createContext<Connected | undefined>(undefined);

export interface ProviderProps extends ClientOptions {
  /** A client of one's own, in place of the options. */
  client?: Runcast;
  children?: ReactNode;
}

/** Where the hooks below it find the API. */
export function RuncastProvider(props: ProviderProps): ReactNode {
  const { baseUrl, token, fetch, client: given, children } = props;
  const connected = useMemo(() => {
    const client =
      given ??
      new Runcast({
        ...(baseUrl === undefined ? {} : { baseUrl }),
        ...(token === undefined ? {} : { token }),
        ...(fetch === undefined ? {} : { fetch }),
      });
    return { client, store: new LiveStore(client) };
  }, [given, baseUrl, token, fetch]);
  useEffect(() => () => connected.store.close(), [connected]);
  return createElement(Context.Provider, { value: connected }, children);
}

function useConnected(): Connected {
  const connected = useContext(Context);
  if (!connected) throw new Error("Runcast's hooks belong below a <RuncastProvider>");
  return connected;
}

/** The client of the nearest provider. */
export function useRuncast(): Runcast {
  return useConnected().client;
}

function useTopic(topic: string | undefined): TopicState {
  const { store } = useConnected();
  const subscribe = useCallback(
    (listener: () => void) => (topic === undefined ? () => undefined : store.subscribe(topic, listener)),
    [store, topic],
  );
  const read = useCallback(() => store.get(topic ?? ""), [store, topic]);
  return useSyncExternalStore(subscribe, read, read);
}

export interface LiveRun<Output> {
  run: Run<Output> | undefined;
  /** The runs that it triggered and whatever these did, when asked for with `tree`. */
  children: readonly Run[];
  /** Whether what is shown is kept up to date; false while a lost connection comes back. */
  isLive: boolean;
  isLoading: boolean;
  error: Error | undefined;
}

const NO_RUNS: readonly Run[] = [];

/** A run, live. `tree`: with everything below it, for which the token has to read the tree. */
export function useRun<Output = unknown>(id: string | undefined, options: { tree?: boolean } = {}): LiveRun<Output> {
  const kind = options.tree ? "tree" : "run";
  const state = useTopic(id === undefined ? undefined : `${kind}:${id}`);
  return useMemo(() => {
    const run = state.runs.find((one) => one.id === id) as Run<Output> | undefined;
    const children = options.tree ? state.runs.filter((one) => one.id !== id) : NO_RUNS;
    return { run, children, isLive: state.isLive, isLoading: state.isLoading && id !== undefined, error: state.error };
  }, [state, id, options.tree]);
}

export interface LiveRuns {
  /** Newest first. */
  runs: readonly Run[];
  isLive: boolean;
  isLoading: boolean;
  error: Error | undefined;
}

/** The runs of a batch, live. */
export function useBatch(id: string | undefined): LiveRuns {
  return useTopic(id === undefined ? undefined : `batch:${id}`);
}

/** The newest runs of the environment, live. */
export function useRuns(isOn = true): LiveRuns {
  return useTopic(isOn ? "runs" : undefined);
}

/** The newest runs with a tag, live. */
export function useRunsWithTag(tag: string | undefined): LiveRuns {
  return useTopic(tag === undefined ? undefined : `tag:${tag}`);
}

/**
 * Whatever changes in topics, as it comes, for lists that patch what they show. `onReset` says when to read: once the connection
 * stands, unless it goes on from the position `after` of what was read, and when too much was missed.
 */
export function useFollow(topics: readonly string[], subscriber: LiveSubscriber, options: { after?: number } = {}): void {
  const client = useRuncast();
  const newest = useRef(subscriber);
  newest.current = subscriber;
  const names = topics.join(",");
  const { after } = options;
  useEffect(() => {
    if (names === "") return;
    const stopping = new AbortController();
    const isOn = () => !stopping.signal.aborted;
    const latest: LiveSubscriber = {
      onEvents: (events) => isOn() && newest.current.onEvents(events),
      onReset: (reset) => isOn() && newest.current.onReset(reset),
      onState: (state, error) => isOn() && newest.current.onState?.(state, error),
    };
    const position = after === undefined ? {} : { after };
    client.follow(names.split(","), latest, { signal: stopping.signal, ...position }).catch(() => undefined);
    return () => stopping.abort();
  }, [client, names, after]);
}

export interface LiveStream<Part> {
  parts: readonly Part[];
  /** The stream, or its run, has ended. */
  isDone: boolean;
  error: Error | undefined;
}

/** The parts of a run's stream, from the first, as they are written. */
export function useRunStream<Part = unknown>(runId: string | undefined, key = "default"): LiveStream<Part> {
  const client = useRuncast();
  const [stream, setStream] = useState<LiveStream<Part>>({ parts: [], isDone: false, error: undefined });
  useEffect(() => {
    if (runId === undefined) return;
    const stopping = new AbortController();
    void collect<Part>(client, runId, key, { signal: stopping.signal }, setStream);
    return () => stopping.abort();
  }, [client, runId, key]);
  return stream;
}

/** Parts that come within one frame are shown together. */
async function collect<Part>(
  client: Runcast,
  runId: string,
  key: string,
  options: StreamOptions,
  show: (stream: LiveStream<Part>) => void,
): Promise<void> {
  const parts: Part[] = [];
  let shown: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    shown ??= setTimeout(() => {
      shown = undefined;
      if (!options.signal?.aborted) show({ parts: [...parts], isDone: false, error: undefined });
    }, 16);
  };
  show({ parts: [], isDone: false, error: undefined });
  try {
    for await (const part of client.stream<Part>(runId, key, options)) {
      parts.push(part);
      later();
    }
    clearTimeout(shown);
    if (!options.signal?.aborted) show({ parts: [...parts], isDone: true, error: undefined });
  } catch (error) {
    clearTimeout(shown);
    if (!options.signal?.aborted) show({ parts: [...parts], isDone: true, error: error as Error });
  }
}

export interface Trigger {
  trigger: (payload?: unknown, options?: TriggerOptions) => Promise<Triggered>;
  /** The newest run that was triggered here. */
  triggered: Triggered | undefined;
  isLoading: boolean;
  error: Error | undefined;
}

/** Trigger a task from a page. */
export function useTrigger(task: string): Trigger {
  const client = useRuncast();
  const [state, setState] = useState<Omit<Trigger, "trigger">>({ triggered: undefined, isLoading: false, error: undefined });
  const trigger = useCallback(
    async (payload?: unknown, options?: TriggerOptions) => {
      setState((before) => ({ ...before, isLoading: true, error: undefined }));
      try {
        const triggered = await client.trigger(task, payload, options);
        setState({ triggered, isLoading: false, error: undefined });
        return triggered;
      } catch (error) {
        setState((before) => ({ ...before, isLoading: false, error: error as Error }));
        throw error;
      }
    },
    [client, task],
  );
  return { trigger, ...state };
}

export interface WaitToken {
  complete: (data: unknown) => Promise<void>;
  isLoading: boolean;
  isDone: boolean;
  error: Error | undefined;
}

/** Complete a wait token from a page: an approval, a form. */
export function useWaitToken(id: string): WaitToken {
  const client = useRuncast();
  const [state, setState] = useState<Omit<WaitToken, "complete">>({ isLoading: false, isDone: false, error: undefined });
  const complete = useCallback(
    async (data: unknown) => {
      setState({ isLoading: true, isDone: false, error: undefined });
      try {
        await client.completeWait(id, data);
        setState({ isLoading: false, isDone: true, error: undefined });
      } catch (error) {
        setState({ isLoading: false, isDone: false, error: error as Error });
        throw error;
      }
    },
    [client, id],
  );
  return { complete, ...state };
}
