/** What the API says of a run and of those below it. Times are milliseconds since 1970. */

import type { PartsNews, RunError, RunStatus } from "@runcast/client";

/** Of what was read at first without its stack. */
export type ShortError = RunError;

export interface RunFact {
  id: string;
  parentId?: string;
  batchId?: string;
  task: string;
  queue: string;
  status: RunStatus;
  attempt: number;
  createdAt: number;
  startedAt?: number;
  claimedAt?: number;
  finishedAt?: number;
  error?: ShortError;
  hasParts?: boolean;
}

export interface AttemptFact {
  number: number;
  startedAt?: number;
  finishedAt: number;
  error?: ShortError;
}

export type EntryKind = "step" | "child" | "trigger" | "batch" | "result" | "sleep" | "token" | "create" | "decision" | "value" | "message";

export interface EntryFact {
  key: string;
  kind: EntryKind;
  name?: string;
  status: "pending" | "done" | "failed" | "forgotten";
  error?: ShortError;
  awaits?: string;
  dueAt?: number;
  tries?: number;
  startedAt: number;
  finishedAt?: number;
}

export interface TryFact {
  key: string;
  number: number;
  name: string;
  startedAt: number;
  failedAt?: number;
  retryAt?: number;
  error?: ShortError;
}

/** What is within a run: all, or a page of it. */
export interface PartsFact {
  runId: string;
  claimedAt?: number;
  attempts: AttemptFact[];
  entries: EntryFact[];
  tries: TryFact[];
  next?: string;
}

/** What changed within a run, as the live stream tells it. */
export type NewsFact = PartsNews<EntryFact, TryFact>;

export interface TimelineFact {
  seq: number;
  rootId: string;
  runs: RunFact[];
  parts: PartsFact[];
  isTruncated: boolean;
}

/** Everything that is known to be within one run. */
export interface Within {
  attempts: readonly AttemptFact[];
  entries: Map<string, EntryFact>;
  tries: Map<string, TryFact[]>;
}

export const FINAL: ReadonlySet<RunStatus> = new Set<RunStatus>(["COMPLETED", "CANCELED", "FAILED", "CRASHED", "SYSTEM_FAILURE", "EXPIRED", "TIMED_OUT"]);
/** Kinds of entries that are no rows: what the body needs to replay, and nobody waits for. */
export const SILENT: ReadonlySet<EntryKind> = new Set<EntryKind>(["decision", "value", "create"]);
export const WAITS: ReadonlySet<EntryKind> = new Set<EntryKind>(["sleep", "token", "message", "result"]);
