/** Which rows are shown, from top to bottom: what is open, what matches, and what is gathered to one row. */

import type { Span } from "./span";
import type { TraceStore } from "./store";

export interface Row {
  id: string;
  depth: number;
  hasChildren: boolean;
  isOpen: boolean;
  /** Place among its siblings, and these: for screen readers. */
  position: number;
  among: Siblings;
  /** Of a row that stands for many of one name. */
  group?: Group;
  /** It is shown for what is below it. */
  isContext?: boolean;
}

/** Shared by the rows below one, and counted up when another comes. */
export interface Siblings {
  count: number;
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

export const rowsOf = (store: TraceStore, options: RowOptions): readonly Row[] => new Layout(store, options).rows;

/** The rows of a trace as they are now. What comes at the end is added to them; anything else needs another layout. */
export class Layout {
  readonly rows: Row[] = [];
  readonly #store: TraceStore;
  readonly #options: RowOptions;
  readonly #shown: Map<string, boolean> | undefined;
  /** Of what is open: what is below it by name, and its rows. */
  readonly #below = new Map<string, { names: Map<string, string[]>; among: Siblings }>();
  #places: Map<string, number> | undefined;

  constructor(store: TraceStore, options: RowOptions) {
    this.#store = store;
    this.#options = options;
    this.#shown = options.query !== "" || options.errorsOnly ? matching(store, options) : undefined;
    if (!this.#shown || this.#shown.has(store.runId)) this.#walk(store.runId, 0, 1, { count: 1 });
  }

  /** Where a row is; -1: it is not shown. */
  placeOf(id: string): number {
    this.#places ??= new Map(this.rows.map((row, at) => [row.id, at]));
    return this.#places.get(id) ?? -1;
  }

  /** Whether a span that came as the last of its parent has its place now; if not, everything is to be laid out anew. */
  extend(id: string): boolean {
    const span = this.#store.get(id);
    const below = span?.parentId === undefined ? undefined : this.#below.get(span.parentId);
    if (!span || span.parentId === undefined || !below || this.#shown || !this.#isLast(span.parentId)) return false;
    const ids = below.names.get(span.name) ?? [];
    const isOfGroup = ids.length >= GROUPED_FROM;
    const isOpenGroup = isOfGroup && this.#options.opened.get(groupId(span.parentId, span.name));
    if (ids.length + 1 === GROUPED_FROM || isOpenGroup) return false;
    below.names.set(span.name, ids);
    ids.push(id);
    if (isOfGroup) return true;
    const depth = (this.rows[this.placeOf(span.parentId)]?.depth ?? 0) + 1;
    below.among.count += 1;
    this.#places?.set(id, this.rows.length);
    this.rows.push({ id, depth, hasChildren: mayHaveMore(this.#store, span), isOpen: false, position: below.among.count, among: below.among });
    return true;
  }

  /** Whether nothing is shown after what is below a span. */
  #isLast(parentId: string): boolean {
    const last = this.rows.at(-1);
    for (let id = last?.group?.parentId ?? last?.id; id !== undefined; id = this.#store.get(id)?.parentId) if (id === parentId) return true;
    return false;
  }

  #walk(id: string, depth: number, position: number, among: Siblings): void {
    const store = this.#store;
    const { opened, level } = this.#options;
    const shown = this.#shown;
    const children = shown ? store.childrenOf(id).filter((one) => shown.has(one)) : store.childrenOf(id);
    const span = store.get(id);
    if (!span) return;
    const whole = shown ? undefined : wholeGroup(store, span, children);
    if (whole) {
      const isOpen = opened.get(id) ?? false;
      this.rows.push({ id, depth, hasChildren: true, isOpen, position, among, group: whole });
      if (isOpen) this.#all(whole.ids, depth + 1);
      return;
    }
    const canOpen = children.length > 0 || (!shown && mayHaveMore(store, span));
    const isOpen = children.length > 0 && (opened.get(id) ?? (shown !== undefined || isOpenByItself(span, depth, level)));
    this.rows.push({ id, depth, hasChildren: canOpen, isOpen, position, among, ...(shown?.get(id) ? { isContext: true } : {}) });
    if (isOpen) this.#children(id, children, depth + 1);
  }

  #all(ids: readonly string[], depth: number): void {
    const among = { count: ids.length };
    ids.forEach((id, at) => this.#walk(id, depth, at + 1, among));
  }

  #children(parentId: string, children: readonly string[], depth: number): void {
    if (this.#shown) {
      this.#all(children, depth);
      return;
    }
    const names = namesOf(this.#store, children);
    const among = { count: 0 };
    for (const ids of names.values()) among.count += ids.length >= GROUPED_FROM ? 1 : ids.length;
    this.#below.set(parentId, { names, among });
    let position = 0;
    for (const child of children) {
      const name = this.#store.get(child)?.name ?? "";
      const ids = names.get(name) ?? [];
      if (ids.length < GROUPED_FROM) this.#walk(child, depth, ++position, among);
      else if (ids[0] === child) {
        const id = groupId(parentId, name);
        const isOpen = this.#options.opened.get(id) ?? false;
        this.rows.push({ id, depth, hasChildren: true, isOpen, position: ++position, among, group: { name, parentId, ids } });
        if (isOpen) this.#all(ids, depth + 1);
      }
    }
  }
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
  const [only, ...others] = namesOf(store, children);
  return only && others.length === 0 ? { name: only[0], parentId: span.id, ids: only[1] } : undefined;
}

function namesOf(store: TraceStore, ids: readonly string[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const id of ids) {
    const name = store.get(id)?.name ?? "";
    const those = names.get(name);
    if (those) those.push(id);
    else names.set(name, [id]);
  }
  return names;
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
