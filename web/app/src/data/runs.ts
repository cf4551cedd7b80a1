import type { Run, RunStatus } from "@runcast/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Page, Params } from "./api";
import { get, post } from "./api";

/** A run as lists have it: without payload and output. */
export interface ListedRun extends Omit<Run, "payload" | "output" | "error" | "relatedRuns"> {
  error?: { name?: string; message: string };
  maxAttempts?: number;
  /** When the next attempt begins, of a run between two. */
  retryAt?: string;
  concurrencyKey?: string;
  /** What became of the runs that it triggered. */
  children?: Children;
  /** How the items ended that it counted. */
  counts?: { ok: number; failed: number; skipped: number; outcome: "completed" | "partial" | "failed" };
}

/** `complete` false: there are more than `count`. */
export interface Children {
  count: number;
  completed: number;
  failed: number;
  complete: boolean;
}

export const BAD: readonly RunStatus[] = ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"];
export const ENDED: readonly RunStatus[] = [...BAD, "COMPLETED", "CANCELED", "EXPIRED"];
export const PAGE_SIZE = 100;

export const fetchRuns = (filter: Params, options: { after?: string; size?: number; signal?: AbortSignal } = {}): Promise<Page<ListedRun>> =>
  get<Page<ListedRun>>("/api/v1/runs", { ...filter, "page[size]": options.size ?? PAGE_SIZE, "page[after]": options.after }, options.signal);

/** How many fit, up to 10,000; `complete` false: there are more. */
export const countQuery = (filter: Params) =>
  queryOptions({
    queryKey: ["runs", "count", filter],
    queryFn: ({ signal }) => get<{ count: number; complete: boolean }>("/api/v1/runs/count", filter, signal),
    staleTime: 10_000,
  });

/** How many runs are in which state now, each counted up to `limit`; `failed` of the last hour. */
export interface RunsNow {
  running: number;
  queued: number;
  waiting: number;
  delayed: number;
  failed: number;
  limit: number;
}

export const nowQuery = queryOptions({
  queryKey: ["runs", "now"],
  queryFn: ({ signal }) => get<RunsNow>("/api/v1/stats/now", {}, signal),
  refetchInterval: 10_000,
  placeholderData: keepPreviousData,
});

/** Runs by the time of their creation, and their status now. */
export interface Stats {
  since: string;
  until: string;
  bucketMs: number;
  buckets: { at: string; counts: Partial<Record<RunStatus, number>> }[];
  totals: Partial<Record<RunStatus, number>>;
  complete: boolean;
}

export const BUCKETS = 96;

export const statsQuery = (params: Params) =>
  queryOptions({
    queryKey: ["runs", "stats", params],
    queryFn: ({ signal }) => get<Stats>("/api/v1/stats", { ...params, buckets: BUCKETS }, signal),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  });

export const cancelRun = (id: string) => post(`/api/v2/runs/${id}/cancel`);

export type BulkKind = "cancel" | "replay" | "resume";

export interface Bulk {
  id: string;
  name?: string;
  type: "CANCEL" | "REPLAY" | "RESUME";
  status: "PENDING" | "COMPLETED" | "ABORTED";
  counts: { total: number; success: number; failure: number };
  createdAt: string;
  completedAt?: string;
}

/** Which runs: some, or all that fit a filter. */
export type BulkTarget = { runIds: string[] } | { filter: Record<string, unknown> };

export const startBulk = (action: BulkKind, target: BulkTarget, name?: string) => post<{ id: string }>("/api/v1/bulk-actions", { action, ...target, ...(name ? { name } : {}) });
export const abortBulk = (id: string) => post(`/api/v1/bulk-actions/${id}/abort`);

const POLL_MS = 500;
const IDLE_MS = 10_000;

export const bulksQuery = queryOptions({
  queryKey: ["bulk"],
  queryFn: ({ signal }) => get<Page<Bulk>>("/api/v1/bulk-actions", { "page[size]": 100 }, signal),
  refetchInterval: ({ state }) => (state.data?.data.some((one) => one.status === "PENDING") ? POLL_MS : IDLE_MS),
});

export const bulkQuery = (id: string) =>
  queryOptions({
    queryKey: ["bulk", id],
    queryFn: ({ signal }) => get<Bulk>(`/api/v1/bulk-actions/${id}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.status === "PENDING" ? POLL_MS : false),
  });
