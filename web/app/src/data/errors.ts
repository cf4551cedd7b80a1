import type { Run, RunError } from "@runcast/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, post } from "./api";

export const ERROR_PERIODS = ["1h", "24h", "7d", "30d"] as const;
export type ErrorPeriod = (typeof ERROR_PERIODS)[number];

/** Failed runs of a task whose errors look the same. */
export interface ErrorGroup {
  fingerprint: string;
  taskIdentifier: string;
  /** Of the newest. */
  error: RunError & { causes?: { message: string; name?: string }[] };
  count: number;
  firstSeen: string;
  lastSeen: string;
  runIds: string[];
  /** How many failed when: equal pieces of the time. */
  buckets: number[];
}

export interface ErrorDetail extends ErrorGroup {
  runs: Run[];
  since: string;
  complete: boolean;
}

export const errorsQuery = (period: ErrorPeriod, task?: string) =>
  queryOptions({
    queryKey: ["errors", period, task ?? ""],
    queryFn: ({ signal }) => get<{ data: ErrorGroup[]; complete: boolean }>("/api/v1/errors", { "filter[createdAt][period]": period, "filter[taskIdentifier]": task }, signal),
    refetchInterval: 10_000,
    placeholderData: keepPreviousData,
  });

export const errorQuery = (fingerprint: string, period: ErrorPeriod) =>
  queryOptions({
    queryKey: ["error", fingerprint, period],
    queryFn: ({ signal }) => get<ErrorDetail>(`/api/v1/errors/${encodeURIComponent(fingerprint)}`, { "filter[createdAt][period]": period }, signal),
    refetchInterval: 10_000,
    placeholderData: keepPreviousData,
  });

/** Begin failed runs anew: `resume` keeps what they have done, `replay` does everything again. */
export const retryAll = (action: "resume" | "replay", runIds: readonly string[], name: string) => post<{ id: string }>("/api/v1/bulk-actions", { action, runIds, name });
