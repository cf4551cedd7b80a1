/** Spans from facts: which bar each thing has. Pure functions; the store decides when they are asked. */

import type { Shown } from "@/ui/Status";
import type { AttemptFact, EntryFact, RunFact, TryFact, Within } from "./facts";
import { FINAL, WAITS } from "./facts";
import type { Segment, Span } from "./span";
import { attemptId, entryId, shortName, tryId } from "./span";

export const isFinal = (run: RunFact): boolean => FINAL.has(run.status);

/** The attempts of a run, once there is more than one, with when each began and ended. */
export function attemptsOf(run: RunFact, within: Within | undefined): (AttemptFact & { startedAt: number; isLast: boolean; endedAt: number | undefined })[] {
  const past = within?.attempts ?? [];
  if (past.length === 0) return [];
  let before: number | undefined;
  const found = past.map((one) => {
    // What is kept of an attempt's start is when it was claimed last: after a wait that is later.
    const claimedAt = one.startedAt ?? one.finishedAt;
    const startedAt = before === undefined ? (run.startedAt ?? claimedAt) : begunAfter(before, claimedAt, within);
    before = one.finishedAt;
    return { ...one, startedAt, isLast: false, endedAt: one.finishedAt as number | undefined };
  });
  const last = found.at(-1);
  if (last && run.attempt > last.number && run.claimedAt !== undefined && run.claimedAt >= last.finishedAt) {
    const end = run.finishedAt ?? run.claimedAt;
    const error = run.error === undefined ? {} : { error: run.error };
    found.push({ number: run.attempt, startedAt: begunAfter(last.finishedAt, run.claimedAt, within), finishedAt: end, isLast: true, endedAt: run.finishedAt, ...error });
  }
  return found;
}

/** A run that waited was claimed again since: what it recorded says that its attempt began earlier. */
function begunAfter(before: number, claimedAt: number, within: Within | undefined): number {
  let first = claimedAt;
  for (const { startedAt } of within?.entries.values() ?? []) if (startedAt >= before && startedAt < first) first = startedAt;
  return first;
}

export function runSpan(run: RunFact, within: Within | undefined, parentId: string | undefined, holder: EntryFact | undefined): Span {
  const status: Shown = run.status;
  return {
    id: run.id,
    parentId,
    runId: run.id,
    kind: "run",
    name: run.task,
    status,
    startedAt: run.createdAt,
    finishedAt: run.finishedAt,
    segments: runSegments(run, within),
    error: run.error,
    attempt: run.attempt,
    tries: Math.max(1, run.attempt),
    key: holder?.key,
    childRunId: undefined,
    dueAt: undefined,
    isRecovered: false,
  };
}

/** Queue, then each attempt with the waits in it, and what lies between the attempts. */
export function runSegments(run: RunFact, within: Within | undefined): Segment[] {
  const { createdAt, startedAt, finishedAt } = run;
  if (startedAt === undefined) return [{ kind: "queue", from: createdAt, to: finishedAt }];
  const segments: Segment[] = startedAt > createdAt ? [{ kind: "queue", from: createdAt, to: startedAt }] : [];
  const attempts = attemptsOf(run, within);
  if (attempts.length === 0) {
    segments.push(...withWaits(startedAt, finishedAt, run, within));
    return segments;
  }
  attempts.forEach((one, index) => {
    const following = attempts[index + 1]?.startedAt;
    segments.push(...withWaits(one.startedAt, one.endedAt, run, within));
    if (one.isLast) return;
    if (following !== undefined ? following > one.finishedAt : !isFinal(run)) segments.push({ kind: "backoff", from: one.finishedAt, to: following });
  });
  return segments;
}

/** A stretch of running, cut where the run did nothing but wait. */
function withWaits(from: number, to: number | undefined, run: RunFact, within: Within | undefined): Segment[] {
  const end = to ?? Number.POSITIVE_INFINITY;
  let waits: [number, number][] = [];
  for (const entry of within?.entries.values() ?? []) {
    if (!WAITS.has(entry.kind)) continue;
    const until = entry.finishedAt ?? run.finishedAt ?? Number.POSITIVE_INFINITY;
    if (until > from && entry.startedAt < end) waits.push([Math.max(from, entry.startedAt), Math.min(end, until)]);
  }
  if (waits.length === 0) return [{ kind: run.status === "WAITING" && to === undefined && !within ? "wait" : "run", from, to }];
  waits = merged(waits);
  for (const [begin, stop] of workOf(run, within)) waits = without(waits, begin, stop);
  const segments: Segment[] = [];
  let at = from;
  for (const [begin, stop] of waits) {
    if (begin > at) segments.push({ kind: "run", from: at, to: begin });
    segments.push({ kind: "wait", from: begin, to: stop === Number.POSITIVE_INFINITY ? undefined : stop });
    at = stop;
  }
  if (at < end) segments.push({ kind: "run", from: at, to });
  return segments;
}

function* workOf(run: RunFact, within: Within | undefined): Generator<[number, number]> {
  for (const entry of within?.entries.values() ?? []) if (entry.kind === "step") yield [entry.startedAt, entry.finishedAt ?? entry.startedAt];
  for (const [key, tries] of within?.tries ?? []) {
    const last = tries.at(-1);
    if (last && !within?.entries.has(key)) yield [last.startedAt, last.failedAt ?? run.finishedAt ?? Number.POSITIVE_INFINITY];
  }
}

/** Intervals in order, those that touch made one. */
export function merged(intervals: [number, number][]): [number, number][] {
  const found: [number, number][] = [];
  for (const [from, to] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

function without(intervals: [number, number][], from: number, to: number): [number, number][] {
  return intervals.flatMap(([begin, end]): [number, number][] => {
    if (to <= begin || from >= end) return [[begin, end]];
    return [...(from > begin ? [[begin, from] as [number, number]] : []), ...(to < end ? [[to, end] as [number, number]] : [])];
  });
}

export function attemptSpan(run: RunFact, one: ReturnType<typeof attemptsOf>[number], within: Within | undefined): Span {
  const hasFailed = one.error !== undefined;
  const isCanceled = one.endedAt !== undefined && !hasFailed && run.status === "CANCELED";
  return {
    id: attemptId(run.id, one.number),
    parentId: run.id,
    runId: run.id,
    kind: "attempt",
    name: `Attempt ${one.number}`,
    status: hasFailed ? "FAILED" : isCanceled ? "CANCELED" : one.endedAt !== undefined ? "COMPLETED" : run.status,
    startedAt: one.startedAt,
    finishedAt: one.endedAt,
    segments: withWaits(one.startedAt, one.endedAt, run, within),
    error: one.error,
    attempt: one.number,
    tries: 1,
    key: undefined,
    childRunId: undefined,
    dueAt: undefined,
    // Another followed it.
    isRecovered: hasFailed && !one.isLast && (!isFinal(run) || run.status === "COMPLETED"),
  };
}

/** What an entry is named when its author gave it no name. */
const WORDS: Partial<Record<EntryFact["kind"], string>> = { sleep: "sleep", token: "wait for an answer", message: "wait for a message", result: "wait for a run", batch: "batch", child: "child run", trigger: "triggered run" };

export function entrySpan(run: RunFact, entry: EntryFact, tries: readonly TryFact[], parentId: string): Span {
  const isOpen = entry.status === "pending";
  const finishedAt = isOpen ? run.finishedAt : (entry.finishedAt ?? entry.startedAt);
  return {
    id: entryId(run.id, entry.key),
    parentId,
    runId: run.id,
    kind: entry.kind,
    name: shortName(entry.name || WORDS[entry.kind] || entry.kind),
    status: entryStatus(run, entry),
    startedAt: entry.startedAt,
    finishedAt,
    segments: entry.kind === "step" ? stepSegments(entry.startedAt, finishedAt, tries) : [{ kind: WAITS.has(entry.kind) ? "wait" : "run", from: entry.startedAt, to: finishedAt }],
    error: entry.error,
    attempt: undefined,
    tries: entry.tries ?? 1,
    key: entry.key,
    childRunId: entry.awaits?.startsWith("run_") ? entry.awaits : undefined,
    dueAt: isOpen ? entry.dueAt : undefined,
    isRecovered: entry.error !== undefined && wentOn(run, entry),
  };
}

function entryStatus(run: RunFact, entry: EntryFact): Shown {
  switch (entry.status) {
    case "done":
      return "COMPLETED";
    case "pending":
      return isFinal(run) ? "CANCELED" : WAITS.has(entry.kind) ? "WAITING" : "EXECUTING";
    default:
      return entry.error?.name === "WaitTimedOut" ? "TIMED_OUT" : "FAILED";
  }
}

/** Its run is fine, or failed of something else. */
function wentOn(run: RunFact, entry: EntryFact): boolean {
  if (run.status === "COMPLETED") return true;
  return isFinal(run) && run.error !== undefined && run.error.message !== entry.error?.message;
}

/** Tries and the pauses between them. */
export function stepSegments(startedAt: number, finishedAt: number | undefined, tries: readonly TryFact[]): Segment[] {
  const failed = tries.filter((one) => one.failedAt !== undefined);
  const segments: Segment[] = [];
  let at = startedAt;
  for (const one of failed) {
    const end = one.failedAt ?? at;
    segments.push({ kind: "run", from: Math.min(at, end), to: end });
    const next = tries.find((other) => other.number === one.number + 1)?.startedAt;
    at = next ?? Math.min(one.retryAt ?? end, finishedAt ?? Number.POSITIVE_INFINITY);
    segments.push({ kind: "backoff", from: end, to: next === undefined && finishedAt === undefined ? undefined : at });
  }
  if (failed.length === 0 || finishedAt !== undefined || tries.at(-1)?.failedAt === undefined) segments.push({ kind: "run", from: at, to: finishedAt });
  return segments;
}

/** The clocks of workers and of the engine differ a little. */
const SKEW_MS = 500;

/** A step that is not done: known by what was told of its tries. */
export function openStepSpan(run: RunFact, tries: readonly TryFact[], parentId: string): Span | undefined {
  const last = tries.at(-1);
  const first = tries[0];
  if (!first || !last) return undefined;
  const isOver = isFinal(run) || (run.claimedAt !== undefined && last.startedAt + SKEW_MS < run.claimedAt && last.failedAt === undefined);
  const isPaused = last.failedAt !== undefined;
  const finishedAt = isOver ? (run.finishedAt ?? run.claimedAt) : undefined;
  return {
    id: entryId(run.id, last.key),
    parentId,
    runId: run.id,
    kind: "step",
    name: shortName(last.name),
    status: isOver ? "CANCELED" : isPaused ? "RETRYING" : "EXECUTING",
    startedAt: first.startedAt,
    finishedAt,
    segments: stepSegments(first.startedAt, finishedAt, tries),
    error: isPaused ? last.error : undefined,
    attempt: last.number,
    tries: last.number,
    key: last.key,
    childRunId: undefined,
    dueAt: isPaused && !isOver ? last.retryAt : undefined,
    isRecovered: false,
  };
}

/** The tries of a step that was tried more than once, each a row below it. */
export function trySpans(run: RunFact, step: Span, tries: readonly TryFact[]): Span[] {
  if (step.tries < 2) return [];
  return tries.map((one, index): Span => {
    const isLast = index === tries.length - 1;
    const finishedAt = one.failedAt ?? (isLast ? step.finishedAt : tries[index + 1]?.startedAt);
    const error = one.error ?? (isLast && step.finishedAt !== undefined ? step.error : undefined);
    return {
      id: tryId(run.id, one.key, one.number),
      parentId: step.id,
      runId: run.id,
      kind: "try",
      name: `Try ${one.number}`,
      status: error ? "FAILED" : isLast ? step.status : "COMPLETED",
      startedAt: one.startedAt,
      finishedAt,
      segments: [{ kind: "run", from: one.startedAt, to: finishedAt }],
      error,
      attempt: one.number,
      tries: 1,
      key: one.key,
      childRunId: undefined,
      dueAt: undefined,
      isRecovered: error !== undefined && !(isLast && step.status === "FAILED" && !step.isRecovered),
    };
  });
}
