import type { RunError } from "@runcast/client";
import type { Shown } from "@/ui/Status";

/** `run`: of a run, also of one that another run triggered; `attempt`: one of several; the others: what a run's journal records. */
export type SpanKind = "run" | "attempt" | "step" | "child" | "trigger" | "batch" | "result" | "sleep" | "token" | "create" | "decision" | "value" | "message";

/** A part of a bar. Without an end it goes on. */
export interface Segment {
  kind: "queue" | "run" | "wait" | "backoff";
  from: number;
  to: number | undefined;
}

/** A row of a trace: something that took time, or happened at a time. Times are milliseconds since 1970. */
export interface Span {
  /** The API's id of it: what `?step=` has. */
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
  error: RunError | undefined;
  /** Number of the attempt that it is, or belongs to. */
  attempt: number | undefined;
  /** Of a step: how often it was tried. */
  tries: number;
  /** Of what a run's journal records: the entry's key. */
  key: string | undefined;
  /** The run that is triggered or awaited here, where that is not shown as this very row. */
  childRunId: string | undefined;
  dueAt: number | undefined;
  /** It failed, but the run went on with something else: no reason to worry. */
  isRecovered: boolean;
  depth: number;
}
