import { queryOptions } from "@tanstack/react-query";
import { get } from "./api";

export interface Worker {
  id: string;
  host: string;
  pid: number;
  /** In the engine's own process. */
  embedded: boolean;
  codeVersion: string;
  /** Absent: it serves every one. */
  machines?: string[];
  startedAt: string;
  executing: number;
  waiting: number;
  /** Its last heartbeat; absent: it needs none. */
  seenAt?: string;
  /** How many more runs it takes, by lane; absent: it is connected to another server. */
  free?: Record<string, number>;
  /** It takes no more, and ends once its runs do. */
  leaves?: boolean;
  /** What it executes, the longest first. */
  runs: { id: string; taskIdentifier: string; claimedAt?: string }[];
}

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: ({ signal }) => get<{ data: Worker[] }>("/api/v1/workers", {}, signal),
  refetchInterval: 3_000,
});
