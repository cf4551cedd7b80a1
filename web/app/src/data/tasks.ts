import type { RunStatus, TriggerOptions } from "@runcast/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, post } from "./api";

/** A task that a worker declared. */
export interface Task {
  name: string;
  queue: string;
  /** `async`, `thread` or `process`. */
  lane: string;
  description: string;
  /** `file:line`. */
  source: string;
  payloadSchema: unknown;
  maxAttempts: number;
  maxDurationMs?: number;
  ttlMs?: number;
  machine?: string;
  /** Its cron rule, if the code declares one. */
  schedule?: string;
  seenAt: string;
}

/** How many runs have which status. */
export type Counts = Partial<Record<RunStatus, number>>;

export interface TaskStats {
  taskIdentifier: string;
  totals: Counts;
  buckets: Counts[];
  p50Ms?: number;
  p95Ms?: number;
  /** Of how many completed runs these times are. */
  measured: number;
}

export interface AllTaskStats {
  since: string;
  until: string;
  bucketMs: number;
  data: TaskStats[];
  complete: boolean;
}

export const tasksQuery = queryOptions({
  queryKey: ["tasks"],
  queryFn: ({ signal }) => get<{ data: Task[] }>("/api/v1/tasks", {}, signal),
  refetchInterval: 15_000,
});

/** The last day, of all tasks. */
export const taskStatsQuery = queryOptions({
  queryKey: ["stats", "tasks"],
  queryFn: ({ signal }) => get<AllTaskStats>("/api/v1/stats/tasks", { "filter[createdAt][period]": "24h", buckets: 24 }, signal),
  refetchInterval: 10_000,
  placeholderData: keepPreviousData,
});

export const PERIODS = ["1h", "24h", "7d"] as const;
export type Period = (typeof PERIODS)[number];

export const oneTaskStatsQuery = (task: string, period: Period) =>
  queryOptions({
    queryKey: ["stats", "tasks", task, period],
    queryFn: ({ signal }) => get<AllTaskStats>("/api/v1/stats/tasks", { "filter[taskIdentifier]": task, "filter[createdAt][period]": period, buckets: 96 }, signal),
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });

const BAD: readonly RunStatus[] = ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"];
const ENDED: readonly RunStatus[] = [...BAD, "COMPLETED"];

export const sumOf = (counts: Counts, statuses?: readonly RunStatus[]): number =>
  Object.entries(counts).reduce((sum, [status, n]) => (statuses && !statuses.includes(status as RunStatus) ? sum : sum + n), 0);

export const failedOf = (counts: Counts): number => sumOf(counts, BAD);

/** The share of failures of what ended by itself; undefined: nothing did. */
export function failureRate(counts: Counts): number | undefined {
  const ended = sumOf(counts, ENDED);
  return ended === 0 ? undefined : failedOf(counts) / ended;
}

/** Options of a trigger, as the API takes them. */
export type TestOptions = TriggerOptions & { test?: boolean };

export const triggerTask = (task: string, payload: unknown, options: TestOptions) =>
  post<{ id: string; isCached: boolean }>(`/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { ...(payload === undefined ? {} : { payload }), options });

export const payloadQuery = (runId: string) =>
  queryOptions({
    queryKey: ["payload", runId],
    queryFn: ({ signal }) => get<{ payload?: unknown; payloadPresignedUrl?: string; taskIdentifier: string }>(`/api/v3/runs/${runId}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Schedules that trigger a task. */
export interface TaskSchedule {
  id: string;
  task: string;
  active: boolean;
  generator: { expression: string; description: string };
  timezone: string;
  nextRun?: string;
}

export const taskSchedulesQuery = (task: string) =>
  queryOptions({
    queryKey: ["schedules", "of", task],
    queryFn: async ({ signal }) => (await get<{ data: TaskSchedule[] }>("/api/v1/schedules", { perPage: 100 }, signal)).data.filter((one) => one.task === task),
  });

/** Names of queues, to choose from. */
export const queueNamesQuery = queryOptions({
  queryKey: ["queues", "names"],
  queryFn: async ({ signal }) => (await get<{ data: { name: string }[] }>("/api/v1/queues", { perPage: 100 }, signal)).data.map((one) => one.name),
  staleTime: 30_000,
});
