/** Which rows are shown, from top to bottom: what is open, what matches, and what is gathered to one row. */

import type { Span } from "./span";
import type { TraceStore } from "./store";

export interface Row {
  id: string;
  depth: number;
  hasChildren: boolean;
  isOpen: boolean;
  /** Place among its siblings, and how many these are: for screen readers. */
  position: number;
  siblings: number;
  /** Of a row that stands for many of one name. */
  group?: Group;
  /** It is shown for what is below it. */
  isContext?: boolean;
}

export interface Group {
  name: string;
  parentId: string;
  ids: readonly string[];
}

export interface RowOptions {
  /** What was opened or closed by hand. */
  opened: ReadonlyMap<string, boolean>;
  /** Down to which level things are open by themselves. */
  level: number;
  query: string;
  errorsOnly: boolean;
  /** Spans whose log lines match the query. */
  inLogs: ReadonlySet<string>;
}

export const GROUPED_FROM = 20;
export const LEVEL_MAX = 9;
export const groupId = (parentId: string, name: string): string => `${parentId}/${name}`;

export function rowsOf(store: TraceStore, options: RowOptions): Row[] {
  const isFiltered = options.query !== "" || options.errorsOnly;
  const shown = isFiltered ? matching(store, options) : undefined;
  const rows: Row[] = [];
  const walk = (id: string, depth: number, position: number, siblings: number): void => {
    const children = shown ? store.childrenOf(id).filter((one) => shown.has(one)) : store.childrenOf(id);
    const span = store.get(id);
    if (!span) return;
    const whole = isFiltered ? undefined : wholeGroup(store, span, children);
    if (whole) {
      const isOpen = options.opened.get(id) ?? false;
      rows.push({ id, depth, hasChildren: true, isOpen, position, siblings, group: whole });
      if (isOpen) whole.ids.forEach((one, at) => walk(one, depth + 1, at + 1, whole.ids.length));
      return;
    }
    const canOpen = children.length > 0 || (!shown && mayHaveMore(store, span));
    const isOpen = children.length > 0 && (options.opened.get(id) ?? (isFiltered || isOpenByItself(span, depth, options.level)));
    rows.push({ id, depth, hasChildren: canOpen, isOpen, position, siblings, ...(shown?.get(id) ? { isContext: true } : {}) });
    if (isOpen) below(id, children, depth + 1);
  };
  const below = (parentId: string, children: readonly string[], depth: number): void => {
    const groups = isFiltered ? undefined : groupsOf(store, parentId, children);
    if (!groups) {
      children.forEach((child, at) => walk(child, depth, at + 1, children.length));
      return;
    }
    const grouped = new Set<string>();
    const count = children.length - [...groups.values()].reduce((sum, one) => sum + one.ids.length - 1, 0);
    let position = 0;
    for (const child of children) {
      const group = groups.get(store.get(child)?.name ?? "");
      if (!group) walk(child, depth, ++position, count);
      else if (!grouped.has(group.name)) {
        grouped.add(group.name);
        const id = groupId(parentId, group.name);
        const isOpen = options.opened.get(id) ?? false;
        rows.push({ id, depth, hasChildren: true, isOpen, position: ++position, siblings: count, group });
        if (isOpen) group.ids.forEach((one, at) => walk(one, depth + 1, at + 1, group.ids.length));
      }
    }
  };
  if (!shown || shown.has(store.runId)) walk(store.runId, 0, 1, 1);
  return rows;
}

/** Runs below whose steps were not read yet. */
function mayHaveMore(store: TraceStore, span: Span): boolean {
  return span.kind === "run" && !store.hasWithin(span.id) && span.attempt !== 0 && store.run(span.id)?.hasParts !== false;
}

function isOpenByItself(span: Span, depth: number, level: number): boolean {
  // The tries of a step are in its bar already.
  return depth < level && (span.kind !== "step" || span.status === "FAILED") && !(span.kind === "attempt" && span.isRecovered && depth > 1);
}

/** A batch of many of one name is one row with them. */
function wholeGroup(store: TraceStore, span: Span, children: readonly string[]): Group | undefined {
  if (span.kind !== "batch" || children.length < GROUPED_FROM) return undefined;
  const groups = groupsOf(store, span.id, children);
  const [only] = groups?.values() ?? [];
  return only?.ids.length === children.length ? { ...only, parentId: span.id } : undefined;
}

function groupsOf(store: TraceStore, parentId: string, children: readonly string[]): Map<string, Group> | undefined {
  if (children.length < GROUPED_FROM) return undefined;
  const names = new Map<string, string[]>();
  for (const id of children) {
    const name = store.get(id)?.name ?? "";
    const ids = names.get(name);
    if (ids) ids.push(id);
    else names.set(name, [id]);
  }
  const groups = new Map<string, Group>();
  for (const [name, ids] of names) if (ids.length >= GROUPED_FROM) groups.set(name, { name, parentId, ids });
  return groups.size > 0 ? groups : undefined;
}

/** What matches, and what holds it (true: shown only for that). */
function matching(store: TraceStore, { query, errorsOnly, inLogs }: RowOptions): Map<string, boolean> {
  const wanted = query.toLowerCase();
  const found = new Map<string, boolean>();
  for (const span of store.spans()) {
    if (errorsOnly && span.error === undefined && span.status !== "CRASHED") continue;
    if (wanted && !span.name.toLowerCase().includes(wanted) && !span.error?.message.toLowerCase().includes(wanted) && span.runId !== query && !inLogs.has(span.id)) continue;
    found.set(span.id, false);
    for (let id = span.parentId; id !== undefined && !found.has(id); id = store.get(id)?.parentId) found.set(id, true);
  }
  if (found.size > 0 && !found.has(store.runId)) found.set(store.runId, true);
  return found;
}

/** What a group's row says of its members. */
export interface Tally {
  ok: number;
  bad: number;
  running: number;
  waiting: number;
  idle: number;
  startedAt: number;
  finishedAt: number | undefined;
}

export function tally(store: TraceStore, group: Group): Tally {
  const sum: Tally = { ok: 0, bad: 0, running: 0, waiting: 0, idle: 0, startedAt: Number.POSITIVE_INFINITY, finishedAt: 0 };
  let isOver = true;
  for (const id of group.ids) {
    const span = store.get(id);
    if (!span) continue;
    sum.startedAt = Math.min(sum.startedAt, span.startedAt);
    if (span.finishedAt === undefined) isOver = false;
    else sum.finishedAt = Math.max(sum.finishedAt ?? 0, span.finishedAt);
    switch (span.status) {
      case "COMPLETED":
        sum.ok += 1;
        break;
      case "FAILED":
      case "CRASHED":
      case "SYSTEM_FAILURE":
      case "TIMED_OUT":
        sum.bad += 1;
        break;
      case "EXECUTING":
      case "DEQUEUED":
      case "RETRYING":
        sum.running += 1;
        break;
      case "WAITING":
        sum.waiting += 1;
        break;
      default:
        sum.idle += 1;
    }
  }
  if (!isOver) sum.finishedAt = undefined;
  return sum;
}

/** How many of a group went on at the same time, in `buckets` equal parts of the time from `from` to `to`; 0 to 1. */
export function density(store: TraceStore, group: Group, from: number, to: number, now: number, buckets: number): number[] {
  const counts = Array.from({ length: buckets }, () => 0);
  const length = Math.max(1, to - from);
  for (const id of group.ids) {
    const span = store.get(id);
    if (!span) continue;
    const run = span.segments.find((segment) => segment.kind === "run");
    if (!run) continue;
    const first = Math.max(0, Math.floor(((run.from - from) / length) * buckets));
    const last = Math.min(buckets - 1, Math.floor((((span.finishedAt ?? now) - from) / length) * buckets));
    for (let at = first; at <= last; at++) counts[at] = (counts[at] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return counts.map((value) => value / most);
}
