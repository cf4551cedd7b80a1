import type { Run } from "@runcast/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, post, send } from "./api";

export type Overlap = "allow" | "skip" | "queue";
export type CatchUp = "none" | "last" | "all";

export interface Schedule {
  id: string;
  /** `DECLARATIVE`: from code, which alone changes it. */
  type: "DECLARATIVE" | "IMPERATIVE";
  task: string;
  active: boolean;
  deduplicationKey?: string;
  externalId?: string;
  generator: { expression: string; description: string };
  timezone: string;
  /** By how much its runs may start later than their ticks. */
  window?: string;
  nextRun?: string;
  nextRunEffectiveAt?: string;
  lastRun?: string;
  upcoming: string[];
  overlap: Overlap;
  catchUp: CatchUp;
  /** Why it cannot tick. */
  problem?: string;
  payload?: Record<string, unknown>;
}

export interface Tick {
  timestamp: string;
  outcome: "started" | "skipped" | "missed";
  manual: boolean;
  runId?: string;
  decidedAt: string;
}

export interface ScheduleBody {
  task: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  catchUp: CatchUp;
  window: string | null;
  externalId: string | null;
  payload: Record<string, unknown> | null;
  deduplicationKey?: string;
}

export const OVERLAPS: Record<Overlap, string> = {
  allow: "Start it all the same",
  skip: "Skip the tick",
  queue: "Wait for the run to end, then start one",
};
export const CATCH_UPS: Record<CatchUp, string> = {
  none: "Start none",
  last: "Start one, for the newest tick",
  all: "Start one for each",
};

interface Numbered<T> {
  data: T[];
  pagination: { currentPage: number; totalPages: number; count: number };
}

const PATH = "/api/v1/schedules";
const path = (id: string, rest = "") => `${PATH}/${encodeURIComponent(id)}${rest}`;

export const schedulesQuery = (page = 1) =>
  queryOptions({
    queryKey: ["schedules", "page", page],
    queryFn: ({ signal }) => get<Numbered<Schedule>>(PATH, { page, perPage: 50 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const scheduleQuery = (id: string) => queryOptions({ queryKey: ["schedules", "one", id], queryFn: ({ signal }) => get<Schedule>(path(id), {}, signal), refetchInterval: 30_000 });
export const ticksQuery = (id: string) => queryOptions({ queryKey: ["schedules", "ticks", id], queryFn: async ({ signal }) => (await get<{ data: Tick[] }>(path(id, "/ticks"), {}, signal)).data });

/** The newest runs that a schedule started. */
export const scheduleRunsQuery = (id: string, size: number) =>
  queryOptions({
    queryKey: ["schedules", "runs", id, size],
    queryFn: async ({ signal }) => (await get<{ data: Run[] }>("/api/v1/runs", { "filter[schedule]": id, "page[size]": size }, signal)).data,
    staleTime: 10_000,
  });

export interface Preview {
  description: string;
  upcoming: string[];
}

export const previewQuery = (cron: string, timezone: string) =>
  queryOptions({
    queryKey: ["schedule-preview", cron, timezone],
    queryFn: ({ signal }) => get<Preview>("/api/v1/schedule-preview", { cron, timezone }, signal),
    staleTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
  });

export const timezonesQuery = queryOptions({
  queryKey: ["timezones"],
  queryFn: async ({ signal }) => (await get<{ timezones: string[] }>("/api/v1/timezones", {}, signal)).timezones,
  staleTime: Number.POSITIVE_INFINITY,
});

export const createSchedule = (body: ScheduleBody) => post<Schedule>(PATH, body);
export const changeSchedule = (id: string, body: Omit<ScheduleBody, "deduplicationKey">) => send<Schedule>("PUT", path(id), body);
export const deleteSchedule = (id: string) => send("DELETE", path(id));
export const setActive = (id: string, isActive: boolean) => post<Schedule>(path(id, isActive ? "/activate" : "/deactivate"));
export const runSchedule = (id: string) => post<{ id: string }>(path(id, "/run"));
export const backfillSchedule = (id: string, from: string, to: string) => post<{ data: string[] }>(path(id, "/backfill"), { from, to });
