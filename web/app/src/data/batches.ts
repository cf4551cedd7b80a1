import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Page } from "./api";
import { get } from "./api";

export interface BatchRow {
  id: string;
  runCount: number;
  /** Runs of it that have not ended. */
  liveRuns: number;
  /** Runs of it that failed, timed out or crashed. */
  failedRuns: number;
  /** Items that became no run. */
  refusedItems: number;
  sealed: boolean;
  idempotencyKey?: string;
  /** The run that triggered it. */
  runId?: string;
  createdAt: string;
}

export interface Batch {
  id: string;
  status: "PENDING" | "PROCESSING" | "COMPLETED" | "PARTIAL_FAILED" | "ABORTED";
  createdAt: string;
  updatedAt: string;
  runCount: number;
  /** Ids, by position. */
  runs: string[];
  processing: { completedAt?: string; errors: { index: number; taskIdentifier: string; error: string; errorCode?: string }[] };
  idempotencyKey?: string;
}

export const batchesQuery = infiniteQueryOptions({
  queryKey: ["batches"],
  queryFn: ({ signal, pageParam }) => get<Page<BatchRow>>("/api/v1/batches", { "page[size]": 50, "page[after]": pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: Page<BatchRow>) => last.pagination?.next,
});

export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: ["batch", id],
    queryFn: ({ signal }) => get<Batch>(`/api/v2/batches/${id}`, {}, signal),
  });
