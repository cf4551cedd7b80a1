import type { Shown } from "@/ui/Status";
import type { EntryKind, ShortError } from "./facts";

/** `run`: of a run, also of one that another run triggered; `attempt`: one of several of a run; `try`: one of several of a step; the others: what a run's journal records. */
export type SpanKind = "run" | "attempt" | "try" | EntryKind;

/** A part of a bar. Without an end it goes on. */
export interface Segment {
  kind: "queue" | "run" | "wait" | "backoff";
  from: number;
  to: number | undefined;
}

/** A row of a trace: something that took time, or happened at a time. Times are milliseconds since 1970. */
export interface Span {
  /** A run's id; of what it recorded `run_…:key`. What `?step=` has. */
  id: string;
  parentId: string | undefined;
  /** The run that it is of; for `kind` run: itself. */
  runId: string;
  kind: SpanKind;
  name: string;
  status: Shown;
  startedAt: number;
  finishedAt: number | undefined;
  segments: readonly Segment[];
  /** Without its stack, which the run or the journal has. */
  error: ShortError | undefined;
  /** Number of the attempt, of the try, or of the newest of them. */
  attempt: number | undefined;
  /** Of a step: how often it was tried. */
  tries: number;
  /** Of what a run's journal records, and of a run that another triggered: the entry's key. */
  key: string | undefined;
  /** The run that is awaited here. */
  childRunId: string | undefined;
  /** When a wait ends by itself, or the next try begins. */
  dueAt: number | undefined;
  /** It failed, but its run went on with something else: no reason to worry. */
  isRecovered: boolean;
}

export const entryId = (runId: string, key: string): string => `${runId}:${key}`;
export const attemptId = (runId: string, number: number): string => `${runId}#${number}`;
export const tryId = (runId: string, key: string, number: number): string => `${runId}:${key}~${number}`;

/** The part of a function's name that tells it apart. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf("<locals>.") + 1).replace("locals>.", "");
}
