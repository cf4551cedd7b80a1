import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, post } from "./api";

export interface Queue {
  id: string;
  name: string;
  type: "task" | "custom";
  running: number;
  queued: number;
  paused: boolean;
  /** `null`: any number. */
  concurrencyLimit: number | null;
  concurrency: { current: number | null; base: number | null; override: number | null };
  /** The bound of each concurrency key. */
  perKey?: number;
  /** When a person's limits give way to the code's; absent: not before a reset. */
  overrideEndsAt?: string;
  rate?: { count: number; periodMs: number };
  maxLength?: number;
  /** Since when the oldest of the runs that are next could start. */
  oldestAt?: string;
}

export interface KeyLoad {
  key: string;
  queued: number;
  running: number;
}

interface Numbered<T> {
  data: T[];
  pagination: { currentPage: number; totalPages: number; count: number };
}

/** Names may contain slashes, so they are encoded twice. */
const path = (name: string, rest = "") => `/api/v1/queues/${encodeURIComponent(encodeURIComponent(name))}${rest}`;

export const queuesQuery = (page = 1) =>
  queryOptions({
    queryKey: ["queues", "page", page],
    queryFn: ({ signal }) => get<Numbered<Queue>>("/api/v1/queues", { page, perPage: 50 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });

export const queueQuery = (name: string) =>
  queryOptions({ queryKey: ["queues", "one", name], queryFn: ({ signal }) => get<Queue>(path(name), { type: "custom" }, signal), refetchInterval: 10_000 });

export const queueKeysQuery = (name: string) =>
  queryOptions({ queryKey: ["queues", "keys", name], queryFn: async ({ signal }) => (await get<{ data: KeyLoad[] }>(path(name, "/keys"), { type: "custom" }, signal)).data });

export const pauseQueue = (name: string, isPaused: boolean) => post<Queue>(path(name, "/pause"), { action: isPaused ? "pause" : "resume", type: "custom" });
/** `expiresIn`: a duration such as `1h`; absent: until it is reset. */
export const overrideQueue = (name: string, concurrencyLimit: number, expiresIn?: string) =>
  post<Queue>(path(name, "/concurrency/override"), { concurrencyLimit, type: "custom", ...(expiresIn ? { expiresIn } : {}) });
export const resetQueue = (name: string) => post<Queue>(path(name, "/concurrency/reset"), { type: "custom" });
