/** What the page of a run reads besides the run itself, which the live stream keeps current. */

import type { Run, RunError } from "@runcast/client";
import { queryOptions } from "@tanstack/react-query";
import { parseJson } from "@/format/json";
import { BASE, chosenEnvironment, get, query, request, RuncastError } from "./api";

export interface Cause {
  message: string;
  name?: string;
  stackTrace?: string;
}

/** An error with those that led to it, the last of them first. */
export interface Failure extends RunError {
  causes?: Cause[];
}

/** A run with all that it was given and returned. */
export interface WholeRun extends Run {
  payloadPresignedUrl?: string;
  outputPresignedUrl?: string;
  triggerFunction: string;
  concurrencyKey?: string;
  maxAttempts: number;
  /** Seconds of head start. */
  priority: number;
  replayedRunId?: string;
  schedule?: { id: string; generator: { expression: string; description: string }; externalId?: string; deduplicationKey?: string };
  relatedRuns?: { root?: Run; parent?: Run; children?: Run[] };
}

export interface Attempt {
  number: number;
  startedAt: string;
  finishedAt?: string;
  error?: Failure;
}

export interface Attempts {
  data: Attempt[];
  nextAt?: string;
  worker?: { id: string; host: string; pid: number; codeVersion: string; isConnected: boolean };
  resumedFromId?: string;
  continuedById?: string;
  parkedReason?: string;
  /** Bodies of the run, and of what it started, that go on although their runs have ended. */
  stopping?: { since: string; bodies: number };
  /** How its items ended, for a run that counted them. */
  counts?: { ok: number; failed: number; skipped: number; outcome: "completed" | "partial" | "failed" };
}

export type EntryStatus = "pending" | "done" | "failed" | "forgotten";

/** One record of a run's journal. */
export interface Entry {
  key: string;
  kind: string;
  name: string;
  status: EntryStatus;
  value?: unknown;
  error?: Failure;
  awaits?: string;
  dueAt?: string;
  tries: number;
  generation: number;
  startedAt: string;
  finishedAt?: string;
  codeVersion?: string;
}

export interface Artifact {
  id: string;
  name: string;
  contentType: string;
  size: number;
  attempt: number;
  createdAt: string;
  path: string;
}

export interface LogLine {
  seq: number;
  at: string;
  level: string;
  message: string;
  data?: unknown;
  attempt: number;
  /** Key of the step that wrote it. */
  step?: string;
}

export interface UsageItem {
  name: string;
  unit: string;
  quantity: number;
  costUsd: number;
}

export interface Usage {
  runs: number;
  executingMs: number;
  costUsd: number;
  items: UsageItem[];
}

export interface Why {
  status: string;
  /** One sentence for people. */
  reason: string;
  position?: number;
  blockers: string[];
  estimateMs?: number;
}

/** How long the newest completed runs of a task took. */
export interface Durations {
  count: number;
  p50Ms?: number;
  p95Ms?: number;
}

export interface Token {
  id: string;
  status: "WAITING" | "COMPLETED" | "TIMED_OUT";
  question?: string;
  schema?: unknown;
  tags: string[];
  createdAt: string;
  timeoutAt?: string;
  completedBy?: string;
}

export const runPath = (id: string, part = "") => `/api/v1/runs/${encodeURIComponent(id)}${part}`;

/** `null` in place of a 404: what is gone is no failure of a page that shows more than that. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RuncastError && error.status === 404) return null;
    throw error;
  }
}

function part<T>(id: string, name: string) {
  return queryOptions({ queryKey: ["run", id, name], queryFn: ({ signal }) => get<T>(runPath(id, `/${name}`), {}, signal) });
}

function list<T>(id: string, name: string) {
  return queryOptions({ queryKey: ["run", id, name], queryFn: async ({ signal }) => (await get<{ data: T[] }>(runPath(id, `/${name}`), {}, signal)).data });
}

export const wholeRunQuery = (id: string) => queryOptions({ queryKey: ["run", id, "whole"], queryFn: ({ signal }) => get<WholeRun>(`/api/v3/runs/${encodeURIComponent(id)}`, {}, signal) });
const STOPPING_MS = 2_000;
/** Nobody tells when a body that was left behind is gone: it is asked for as long as there is one. */
export const attemptsQuery = (id: string) => queryOptions({ ...part<Attempts>(id, "attempts"), refetchInterval: ({ state }) => (state.data?.stopping ? STOPPING_MS : false) });
export const whyQuery = (id: string) => part<Why>(id, "why");
export const usageQuery = (id: string) => part<{ own: Usage; total: Usage }>(id, "usage");

/** An entry with its value. `state`: of what is known of it already; it is read anew when that changes. */
export const entryQuery = (id: string, key: string, state: string) =>
  queryOptions({
    queryKey: ["run", id, "entry", key, state],
    queryFn: async ({ signal }) => (await get<{ data: Entry[] }>(runPath(id, "/journal"), { key }, signal)).data[0] ?? null,
    placeholderData: (before) => (before?.key === key ? before : undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const artifactsQuery = (id: string) => list<Artifact>(id, "artifacts");
export const logsQuery = (id: string) => list<LogLine>(id, "logs");
export const tokenQuery = (id: string) => queryOptions({ queryKey: ["wait", id], queryFn: ({ signal }) => unlessGone(get<Token>(`/api/v1/waitpoints/tokens/${encodeURIComponent(id)}`, {}, signal)) });

export const durationsQuery = (task: string) =>
  queryOptions({ queryKey: ["durations", task], queryFn: ({ signal }) => get<Durations>(`/api/v1/tasks/${encodeURIComponent(task)}/durations`, {}, signal), staleTime: 60_000 });

/** What a task takes, as far as a worker has declared it. */
export interface DeclaredTask {
  name: string;
  description?: string;
  source?: string;
  payloadSchema?: unknown;
}

export const declaredTasksQuery = queryOptions({ queryKey: ["tasks"], queryFn: ({ signal }) => get<{ data: DeclaredTask[] }>("/api/v1/tasks", {}, signal), staleTime: 30_000 });

const PRESIGNED = "/api/v1/presigned/";

/** A value that is too large to come with its run. Its address is another one each time, and names the server as others reach
 * it: the value is known by its run, and asked of whoever these pages are of. */
export const valueQuery = (runId: string, part: "payload" | "output", url: string) =>
  queryOptions({
    queryKey: ["value", runId, part],
    queryFn: async ({ signal }): Promise<unknown> => parseJson(await (await request(url.slice(Math.max(0, url.indexOf(PRESIGNED))), { signal })).text()),
    staleTime: 60_000,
  });

export const artifactQuery = (artifact: Artifact) =>
  queryOptions({
    queryKey: ["artifact", artifact.id],
    queryFn: async ({ signal }) => (await request(artifact.path, { signal })).blob(),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Addresses that a browser opens by itself: it sends no header, so the environment is part of them. */
const opened = (path: string, params: Record<string, string> = {}) => BASE + path + query({ ...params, environment: chosenEnvironment() });
export const viewUrl = (artifact: Artifact) => opened(`${artifact.path}/view`);
export const downloadUrl = (artifact: Artifact) => opened(artifact.path);
export type ReportFormat = "html" | "json" | "csv";
export const reportUrl = (id: string, format: ReportFormat) => opened(runPath(id, "/report"), { format });
