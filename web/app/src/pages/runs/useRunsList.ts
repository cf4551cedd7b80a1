import type { LiveEvent } from "@runcast/client";
import { isOfRun } from "@runcast/client";
import { useFollow } from "@runcast/react-hooks";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { rememberList } from "@/data/neighbours";
import type { ListedRun } from "@/data/runs";
import { ENDED, fetchRuns } from "@/data/runs";
import { isSeen } from "@/live/state";
import type { RunsList } from "./fold";
import { begin, extended, loaded, patch, refreshed } from "./fold";
import type { RunsSearch } from "./search";
import { fits, listParams, topicOf } from "./search";

const HIDDEN_MS = 1_000;
/** What is counted, and how long after a change. */
const COUNTED = [
  ["now", 500],
  ["stats", 10_000],
] as const;
/** Of runs that wait to be shown; where more changed, the list is read. */
const HELD_MAX = 5_000;
/** After runs have ended: what they cost is read, not told. */
const SETTLE_MS = 2_000;

/** The list of an address: read once, then kept up to date in place. */
export function useRunsList(search: RunsSearch) {
  const client = useQueryClient();
  const params = useMemo(() => listParams(search), [search]);
  const { after } = search;
  // Whoever opens a run goes on to its neighbours of this list.
  useEffect(() => rememberList(params), [params]);
  const queryKey = useMemo(() => ["runs", "list", params, after], [params, after]);
  const asked = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<RunsList> => {
      const page = await fetchRuns(params, { signal, ...(after ? { after } : {}) });
      return begin(page.data, page.pagination?.next);
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    structuralSharing: false,
    placeholderData: keepPreviousData,
  });
  const change = useCallback((fold: (list: RunsList) => RunsList) => client.setQueryData<RunsList>(queryKey, (before) => before && fold(before)), [client, queryKey]);

  /** Read the first page; `load` shows what is new, too. */
  const refresh = useCallback(
    async (load = false) => {
      const page = await fetchRuns(params, after ? { after } : {});
      change((list) => (load ? loaded(list, page.data, page.pagination?.next) : refreshed(list, page.data)));
    },
    [params, after, change],
  );

  const [isLoadingMore, setLoadingMore] = useState(false);
  /** Where it failed to go on: not tried again by itself. */
  const [stuckAt, setStuckAt] = useState<string>();
  const next = asked.isPlaceholderData ? undefined : asked.data?.next;
  const loadMore = useCallback(async () => {
    if (next === undefined) return;
    setLoadingMore(true);
    setStuckAt(next);
    try {
      const page = await fetchRuns(params, { after: next });
      change((list) => (list.next === next ? extended(list, page.data, page.pagination?.next) : list));
      setStuckAt(undefined);
    } finally {
      setLoadingMore(false);
    }
  }, [next, params, change]);

  useLivePatches(search, change, refresh);
  return { asked, list: asked.isPlaceholderData ? undefined : asked.data, shown: asked.data, refresh, loadMore, isLoadingMore, isStuck: stuckAt !== undefined && stuckAt === next && !isLoadingMore };
}

/** How many run and when is read again soon after something changed. */
function useCounting(): () => void {
  const client = useQueryClient();
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const all = timers.current;
    return () => all.forEach(clearTimeout);
  }, []);
  return useCallback(() => {
    for (const [name, ms] of COUNTED) {
      if (timers.current.has(name)) continue;
      const read = () => {
        timers.current.delete(name);
        if (isSeen()) void client.invalidateQueries({ queryKey: ["runs", name] });
      };
      timers.current.set(name, setTimeout(read, ms));
    }
  }, [client]);
}

/** Whether children of what is shown began or ended: how many there are is read, not told. */
function hasNewChildren(list: RunsList, events: readonly LiveEvent[]): boolean {
  const parents = new Set(events.flatMap((event) => (isOfRun(event) && (event.d as ListedRun).parentId) || []));
  return parents.size > 0 && list.rows.some((row) => parents.has(row.id));
}

/** Changes that come within a frame are shown together: a thousand a second are sixty. */
function useLivePatches(search: RunsSearch, change: (fold: (list: RunsList) => RunsList) => void, refresh: () => Promise<void>): void {
  const waiting = useRef(new Map<string, LiveEvent>());
  const isPlanned = useRef(false);
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ search, change, refresh });
  latest.current = { search, change, refresh };
  const reread = () => void latest.current.refresh().catch(() => undefined);
  const settle = () => {
    settling.current ??= setTimeout(() => {
      settling.current = undefined;
      if (isSeen()) reread();
    }, SETTLE_MS);
  };
  const flush = () => {
    isPlanned.current = false;
    const events = [...waiting.current.values()];
    waiting.current.clear();
    const { search: now, change: apply } = latest.current;
    apply((list) => {
      if (hasNewChildren(list, events)) settle();
      const patched = patch(list, events, (run) => fits(run, now));
      const ended = patched.rows !== list.rows && patched.rows.some((row, at) => ENDED.includes(row.status) && !ENDED.includes(list.rows[at]?.status ?? row.status));
      if (ended) settle();
      return patched;
    });
  };
  const counting = useCounting();
  useEffect(() => {
    const held = waiting.current;
    held.clear();
    return () => clearTimeout(settling.current);
  }, [search]);
  useFollow([topicOf(search)], {
    onEvents: (events) => {
      counting();
      // The newest of each run, so that a hidden page keeps no more than it shows.
      for (const event of events) waiting.current.set(event.t, event);
      if (waiting.current.size > HELD_MAX) {
        waiting.current.clear();
        settle();
      }
      if (isPlanned.current) return;
      isPlanned.current = true;
      if (isSeen()) requestAnimationFrame(flush);
      else setTimeout(flush, HIDDEN_MS);
    },
    onReset: reread,
  });
}
