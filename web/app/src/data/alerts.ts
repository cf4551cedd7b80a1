import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Page } from "./api";
import { get, post, send } from "./api";

/** What an alert can look for, in words. */
export const ALERT_ON = {
  failed: "A run fails",
  new_error: "A new kind of error",
  parked: "A run needs a person",
  slow: "A run takes too long",
  backlog: "A queue grows too long",
  succeeded: "A run completes",
} as const;
export type AlertOn = keyof typeof ALERT_ON;

export interface AlertEvent {
  id: string;
  alert: string;
  kind: AlertOn;
  /** The task or queue that it is about. */
  subject: string;
  message: string;
  fingerprint: string;
  count: number;
  runId?: string;
  handledBy?: string;
  firstAt: string;
  lastAt: string;
}

export type ChannelType = "webhook" | "email" | "slack";

export interface Channel {
  id: string;
  name: string;
  type: ChannelType;
  /** Where it leads, without secrets. */
  target: string;
  on: AlertOn[];
  tasks: string[];
  queues: string[];
  origin: "api" | "code";
  createdAt: string;
  /** Only in the answer to the request that made it. */
  secret?: string;
}

export interface NewChannel {
  name: string;
  type: ChannelType;
  on: AlertOn[];
  url?: string;
  addresses?: string[];
  tasks?: string[];
  queues?: string[];
  /** A duration for `slow`, a number of runs for `backlog`. */
  over?: string | number;
}

export interface Delivery {
  id: string;
  channel: string;
  type: ChannelType;
  status: "PENDING" | "DELIVERED" | "FAILED";
  alert: string;
  /** Absent: a test. */
  event?: number;
  createdAt: string;
  finishedAt?: string;
  nextAttemptAt?: string;
  attempts: { number: number; at: string; durationMs?: number; status?: number; error?: string }[];
}

const REFRESH_MS = 5_000;

export const alertEventsQuery = infiniteQueryOptions({
  queryKey: ["alerts", "events"],
  queryFn: ({ signal, pageParam }) => get<Page<AlertEvent>>("/api/v1/alerts", { "page[size]": 50, "page[after]": pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: Page<AlertEvent>) => last.pagination?.next,
  refetchInterval: REFRESH_MS,
});

export const channelsQuery = queryOptions({
  queryKey: ["alerts", "channels"],
  queryFn: async ({ signal }) => (await get<{ data: Channel[] }>("/api/v1/alert-channels", {}, signal)).data,
});

/** Faster while something is on its way. */
export const deliveriesQuery = (channel?: string) =>
  infiniteQueryOptions({
    queryKey: ["alerts", "deliveries", channel ?? ""],
    queryFn: ({ signal, pageParam }) => get<Page<Delivery>>("/api/v1/alert-deliveries", { "page[size]": 50, "page[after]": pageParam, "filter[channel]": channel }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<Delivery>) => last.pagination?.next,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.data.some((one) => one.status === "PENDING")) ? 1_000 : REFRESH_MS),
  });

export const createChannel = (channel: NewChannel) => post<Channel>("/api/v1/alert-channels", channel);
export const removeChannel = (id: string) => send("DELETE", `/api/v1/alert-channels/${id}`);
export const tryChannel = (id: string) => post<Delivery>(`/api/v1/alert-channels/${id}/test`);
export const retryDelivery = (id: string) => post<Delivery>(`/api/v1/alert-deliveries/${id}/retry`);
