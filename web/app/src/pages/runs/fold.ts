import type { LiveEvent, Run } from "@runcast/client";
import { isOfRun } from "@runcast/client";
import type { ListedRun } from "@/data/runs";
import { ENDED } from "@/data/runs";

/** The rows that are shown, and which runs came since. Rows keep their place whatever happens to them. */
export interface RunsList {
  rows: readonly ListedRun[];
  /** Ids of runs that are new, or fit since then, and wait to be asked for. */
  fresh: ReadonlySet<string>;
  /** Where older runs go on. */
  next: string | undefined;
  /** Runs that were just put on top. */
  arrived: ReadonlySet<string>;
  /** Whether the oldest of what may be kept is reached. */
  isFull: boolean;
}

export const ROWS_MAX = 2_000;
export const FRESH_MAX = 1_000;
const NONE: ReadonlySet<string> = new Set();

export function begin(rows: readonly ListedRun[], next: string | undefined): RunsList {
  return { rows, fresh: new Set(), next, arrived: NONE, isFull: false };
}

/** The list with what changed; the same object when nothing that it shows did. */
export function patch(list: RunsList, events: readonly LiveEvent[], fits: (run: ListedRun) => boolean): RunsList {
  const newest = new Map<string, Run>();
  for (const event of events) if (isOfRun(event)) newest.set(event.d.id, event.d);
  if (newest.size === 0) return list;
  const rows = replaced(list.rows, (row) => {
    const run = newest.get(row.id);
    newest.delete(row.id);
    return run ? told(row, run) : row;
  });
  const came = [...newest.values()].filter((run) => belongs(list, run.id) && !list.fresh.has(run.id) && fits(run as ListedRun));
  const room = FRESH_MAX - list.fresh.size;
  const fresh = came.length > 0 && room > 0 ? new Set([...list.fresh, ...came.slice(0, room).map((run) => run.id)]) : list.fresh;
  return rows === list.rows && fresh === list.fresh ? list : { ...list, rows, fresh };
}

/** Whether a run that is not shown has its place among or above what is: it is new, or fits only now. */
function belongs(list: RunsList, id: string): boolean {
  return list.next === undefined || id > (list.rows.at(-1)?.id ?? "");
}

/** A row as the live stream tells it. What that does not say stays; a run that ended stays ended. */
export function told(row: ListedRun, run: Run): ListedRun {
  if (isOlder(run, row)) return row;
  const { output: _output, payload: _payload, streams: _streams, error, relatedRuns: _related, costInCents, ...rest } = run as ListedRun & Run;
  const { concurrencyKey, children, counts } = row;
  return {
    ...rest,
    costInCents: costInCents || row.costInCents,
    ...(concurrencyKey === undefined ? {} : { concurrencyKey }),
    ...(children === undefined ? {} : { children }),
    ...(counts === undefined ? {} : { counts }),
    ...(error ? { error: { ...(error.name ? { name: error.name } : {}), message: error.message } } : {}),
  };
}

/** Whether something is said of a run that has ended since: what is read may be overtaken by what is told. */
function isOlder(said: Pick<Run, "status">, row: ListedRun): boolean {
  return ENDED.includes(row.status) && !ENDED.includes(said.status);
}

function asRead(row: ListedRun, read: ListedRun | undefined): ListedRun {
  return read === undefined || isOlder(read, row) ? row : read;
}

/** The list with rows as they were just read: those it has change in place, others wait to be asked for. */
export function refreshed(list: RunsList, read: readonly ListedRun[]): RunsList {
  const newest = new Map(read.map((run) => [run.id, run]));
  const rows = replaced(list.rows, (row) => asRead(row, newest.get(row.id)));
  const known = new Set(list.rows.map((row) => row.id));
  const fresh = new Set(list.fresh);
  for (const run of read) if (!known.has(run.id) && belongs(list, run.id) && fresh.size < FRESH_MAX) fresh.add(run.id);
  return { ...list, rows, fresh };
}

/** The list with the newest page on top. Without a run that both have it begins anew: there are others between. */
export function loaded(list: RunsList, read: readonly ListedRun[], next: string | undefined): RunsList {
  const known = new Set(list.rows.map((row) => row.id));
  const meets = next === undefined || read.some((run) => known.has(run.id)) || list.rows.length === 0;
  if (!meets) return begin(read, next);
  const fresh = new Map(read.map((run) => [run.id, run]));
  const rows = replaced(list.rows, (row) => asRead(row, fresh.get(row.id)));
  const above = read.filter((run) => !known.has(run.id));
  const all = above.length === 0 ? rows : [...above, ...rows].sort((a, b) => (a.id < b.id ? 1 : -1));
  const cut = all.length > ROWS_MAX;
  return { rows: cut ? all.slice(0, ROWS_MAX) : all, fresh: new Set(), arrived: new Set(above.map((run) => run.id)), next: cut ? all[ROWS_MAX - 1]?.id : list.rows.length === 0 ? next : list.next, isFull: cut };
}

/** The list with older rows below. */
export function extended(list: RunsList, read: readonly ListedRun[], next: string | undefined): RunsList {
  const known = new Set(list.rows.map((row) => row.id));
  const rows = [...list.rows, ...read.filter((run) => !known.has(run.id))];
  return { ...list, rows, next, isFull: rows.length >= ROWS_MAX };
}

/** The same array unless a row changed. */
function replaced(rows: readonly ListedRun[], change: (row: ListedRun) => ListedRun): readonly ListedRun[] {
  let isSame = true;
  const next = rows.map((row) => {
    const changed = change(row);
    if (changed !== row) isSame = false;
    return changed;
  });
  return isSame ? rows : next;
}

/** How far a run says that it is: a share, what it does, seconds left. */
export interface Said {
  share?: number;
  label?: string;
  leftS?: number;
}

/** From metadata: `progress` is 0–100, or 0–1 with a fraction; `currentStep`, `status` or `label` say what it does. */
export function progressOf(metadata: Record<string, unknown> | undefined): Said {
  if (!metadata) return {};
  const said: Said = {};
  const { progress, estimatedTimeRemaining } = metadata;
  const share = typeof progress === "number" ? progress : shareOf(progress);
  if (share !== undefined && Number.isFinite(share)) said.share = Math.max(0, Math.min(1, share > 1 || Number.isInteger(share) ? share / 100 : share));
  const label = [metadata["currentStep"], metadata["status"], metadata["label"], labelOf(progress)].find((one) => typeof one === "string" && one !== "");
  if (label) said.label = String(label).slice(0, 200);
  if (typeof estimatedTimeRemaining === "number" && estimatedTimeRemaining > 0) said.leftS = estimatedTimeRemaining;
  return said;
}

/** Programs that were written for Trigger.dev often keep an object there. */
function shareOf(progress: unknown): number | undefined {
  if (typeof progress !== "object" || progress === null) return undefined;
  const { percentage, current, total } = progress as Record<string, unknown>;
  if (typeof percentage === "number") return percentage;
  return typeof current === "number" && typeof total === "number" && total > 0 ? (100 * current) / total : undefined;
}

function labelOf(progress: unknown): unknown {
  return typeof progress === "object" && progress !== null ? (progress as Record<string, unknown>)["label"] : undefined;
}
