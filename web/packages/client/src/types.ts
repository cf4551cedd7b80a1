/** What the API says, as `GET /api/docs/openapi.json` describes it. */

export type RunStatus =
  | "PENDING_VERSION"
  | "DELAYED"
  | "QUEUED"
  | "DEQUEUED"
  | "EXECUTING"
  | "WAITING"
  | "COMPLETED"
  | "CANCELED"
  | "FAILED"
  | "CRASHED"
  | "SYSTEM_FAILURE"
  | "EXPIRED"
  | "TIMED_OUT";

export interface RunError {
  message: string;
  name?: string;
  stackTrace?: string;
}

export interface Run<Output = unknown, Payload = unknown> {
  id: string;
  status: RunStatus;
  taskIdentifier: string;
  isCompleted: boolean;
  isSuccess: boolean;
  isFailed: boolean;
  isCancelled: boolean;
  isQueued: boolean;
  isExecuting: boolean;
  isWaiting: boolean;
  isTest: boolean;
  /** ISO 8601, as all times. */
  createdAt: string;
  updatedAt: string;
  startedAt?: string;
  finishedAt?: string;
  delayedUntil?: string;
  expiredAt?: string;
  idempotencyKey?: string;
  tags: string[];
  durationMs: number;
  costInCents: number;
  metadata?: Record<string, unknown>;
  queue?: string;
  rootId?: string;
  parentId?: string;
  depth?: number;
  batchId?: string;
  /** Names of its streams. */
  streams?: string[];
  attemptCount?: number;
  payload?: Payload;
  output?: Output;
  error?: RunError;
  relatedRuns?: { root?: Run; parent?: Run; children?: Run[] };
}

export interface Triggered {
  id: string;
  isCached: boolean;
  /** Reads the run, and nothing else, for an hour: for `useRun` and `followRun` in a browser. */
  publicAccessToken?: string;
}

export interface TriggerOptions {
  queue?: { name: string };
  concurrencyKey?: string;
  delay?: string;
  ttl?: string | number;
  idempotencyKey?: string;
  idempotencyKeyTTL?: string;
  maxAttempts?: number;
  maxDuration?: number;
  machine?: string;
  priority?: number;
  tags?: string | string[];
  metadata?: Record<string, unknown>;
  debounce?: { key: string; delay: string; mode?: "leading" | "trailing"; maxDelay?: string };
}

/** What went wrong, with the API's own words. */
export class RuncastError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string,
  ) {
    super(message);
    this.name = "RuncastError";
  }
}
