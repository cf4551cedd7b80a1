import type { Run } from "@runcast/client";
import type { EntryFact, NewsFact, PartsFact, RunFact, TryFact, Within } from "./facts";
import { SILENT, WAITS } from "./facts";
import type { Span } from "./span";
import { attemptId, entryId } from "./span";
import { attemptsOf, attemptSpan, entrySpan, isFinal, openStepSpan, runSpan, trySpans } from "./spans";

type Listener = () => void;
const ADDED_MAX = 5_000;

interface Node {
  span: Span;
  /** By when they began. */
  children: string[];
}

/** The spans of a trace, kept from facts as they come, for many who each look at a few. */
export class TraceStore {
  readonly runId: string;
  /** Rises whenever spans come, go or move. */
  structure = 0;
  /** Rises with every change. */
  version = 0;
  /** What came last among those of its parent, one after the other since `#addedFrom`. */
  #added: string[] = [];
  #addedFrom = 0;
  readonly #runs = new Map<string, RunFact>();
  readonly #within = new Map<string, Within>();
  readonly #nodes = new Map<string, Node>();
  readonly #childRuns = new Map<string, string[]>();
  /** Which entry triggered a run or a batch. */
  readonly #holders = new Map<string, { runId: string; entry: EntryFact }>();
  /** Runs that waited for something: what they record says how their bar is cut. */
  readonly #waited = new WeakSet<Within>();
  readonly #lists = new WeakMap<Within, readonly EntryFact[]>();
  readonly #listeners = new Set<Listener>();
  readonly #spanListeners = new Map<string, Set<Listener>>();
  readonly #changed = new Set<string>();
  #list: { structure: number; version: number; spans: readonly Span[] } = { structure: -1, version: -1, spans: [] };
  #isFlushing = false;

  constructor(runId: string) {
    this.runId = runId;
  }

  get(id: string): Span | undefined {
    return this.#nodes.get(id)?.span;
  }

  childrenOf(id: string): readonly string[] {
    return this.#nodes.get(id)?.children ?? [];
  }

  get size(): number {
    return this.#nodes.size;
  }

  run(id: string): RunFact | undefined {
    return this.#runs.get(id);
  }

  /** Whether what is within a run was read. */
  hasWithin(runId: string): boolean {
    return this.#within.has(runId);
  }

  /** What a run recorded; the same list as long as that is the same, undefined until it was read. */
  entriesOf(runId: string): readonly EntryFact[] | undefined {
    const within = this.#within.get(runId);
    if (within && !this.#lists.has(within)) this.#lists.set(within, [...within.entries.values()]);
    return within && this.#lists.get(within);
  }

  /** Whether it is, or belongs below, what this trace is of. */
  isOurs(run: { id: string; parentId?: string }): boolean {
    return this.#runs.has(run.id) || run.id === this.runId || (run.parentId !== undefined && this.#runs.has(run.parentId));
  }

  readonly spans = (): readonly Span[] => {
    if (this.#list.version !== this.version) {
      const spans: Span[] = [];
      const waiting = [this.runId];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const node = this.#nodes.get(id);
        if (!node) continue;
        spans.push(node.span);
        for (let at = node.children.length - 1; at >= 0; at--) waiting.push(node.children[at] as string);
      }
      this.#list = { structure: this.structure, version: this.version, spans };
    }
    return this.#list.spans;
  };

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  subscribeSpan(id: string, listener: Listener): () => void {
    let listeners = this.#spanListeners.get(id);
    if (!listeners) this.#spanListeners.set(id, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#spanListeners.get(id) === listeners) this.#spanListeners.delete(id);
    };
  }

  putRuns(runs: readonly RunFact[]): void {
    for (const run of runs) this.#putRun(run);
  }

  /** A run as the live stream tells it. */
  putLive(run: Run): void {
    const before = this.#runs.get(run.id);
    const time = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
    const attempt = run.attemptCount ?? 0;
    const startedAt = time(run.startedAt) ?? before?.startedAt;
    const finishedAt = time(run.finishedAt);
    this.#putRun({
      ...(before ?? {}),
      id: run.id,
      task: run.taskIdentifier,
      queue: run.queue ?? "",
      status: run.status,
      attempt,
      createdAt: Date.parse(run.createdAt),
      ...(run.parentId === undefined ? {} : { parentId: run.parentId }),
      ...(run.batchId === undefined ? {} : { batchId: run.batchId }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
      ...(run.error === undefined ? {} : { error: run.error }),
    });
  }

  #putRun(run: RunFact): void {
    const before = this.#runs.get(run.id);
    this.#runs.set(run.id, run);
    if (!before && run.parentId !== undefined) push(this.#childRuns, run.parentId, run.id);
    this.#showRun(run);
    const isOther = before && (isFinal(before) !== isFinal(run) || before.attempt !== run.attempt || before.claimedAt !== run.claimedAt);
    if (isOther) this.#showWithin(run);
  }

  /** What was read of a run, or what the stream tells of it. */
  putParts(parts: PartsFact | NewsFact): void {
    const known = this.#runs.get(parts.runId);
    if (!known) return;
    const run = parts.claimedAt === undefined || parts.claimedAt === known.claimedAt ? known : { ...known, claimedAt: parts.claimedAt };
    this.#runs.set(run.id, run);
    const isMoved = run !== known;
    let within = this.#within.get(parts.runId);
    const isFirst = !within;
    if (!within) this.#within.set(parts.runId, (within = { attempts: [], entries: new Map(), tries: new Map() }));
    const hadAttempts = within.attempts.length;
    if ("attempts" in parts) within.attempts = parts.attempts;
    const keys = new Set<string>();
    for (const one of parts.tries ?? []) {
      putTry(within.tries, one);
      keys.add(one.key);
    }
    for (const entry of parts.entries ?? []) {
      const before = within.entries.get(entry.key);
      if (before && isSame(before, entry)) continue;
      within.entries.set(entry.key, entry);
      if (WAITS.has(entry.kind)) this.#waited.add(within);
      this.#lists.delete(within);
      if (entry.awaits !== undefined) this.#holders.set(entry.awaits, { runId: run.id, entry });
      keys.add(entry.key);
    }
    const isOther = isFirst || isMoved || hadAttempts !== within.attempts.length;
    if (isOther) {
      this.#showWithin(run);
      this.#showRun(run);
    } else if (keys.size > 0) {
      const attempts = attemptsOf(run, within);
      for (const key of keys) this.#showEntry(run, within, key, attempts);
      if (attempts.length > 0 || this.#waited.has(within)) this.#showRun(run);
    }
  }

  /** What a run recorded is these, and nothing else any more. */
  keepEntries(runId: string, keys: ReadonlySet<string>): void {
    const within = this.#within.get(runId);
    if (!within) return;
    for (const [key, entry] of within.entries) {
      if (keys.has(key)) continue;
      within.entries.delete(key);
      this.#lists.delete(within);
      if (entry.awaits !== undefined) this.#holders.delete(entry.awaits);
      this.#remove(entryId(runId, key));
    }
  }

  /** Everything is read anew. */
  clear(): void {
    this.#within.clear();
    this.#runs.clear();
    this.#holders.clear();
    this.#childRuns.clear();
    for (const id of this.#nodes.keys()) this.#changed.add(id);
    this.#nodes.clear();
    this.#restructure();
    this.#touch();
  }

  #showRun(run: RunFact): void {
    const holder = this.#holders.get(run.id) ?? (run.batchId === undefined ? undefined : this.#holders.get(run.batchId));
    const within = this.#within.get(run.id);
    this.#put(runSpan(run, within, this.#parentOf(run, holder), holder?.entry));
    for (const one of attemptsOf(run, within)) this.#put(attemptSpan(run, one, within));
  }

  #parentOf(run: RunFact, holder: { runId: string; entry: EntryFact } | undefined): string | undefined {
    if (run.id === this.runId || run.parentId === undefined) return undefined;
    const parent = this.#runs.get(run.parentId);
    if (!holder || holder.runId !== run.parentId || !parent) return run.parentId;
    return holder.entry.kind === "batch" ? entryId(holder.runId, holder.entry.key) : place(parent, attemptsOf(parent, this.#within.get(parent.id)), holder.entry.startedAt);
  }

  #showWithin(run: RunFact): void {
    const within = this.#within.get(run.id);
    if (!within) return;
    this.#showRun(run);
    const attempts = attemptsOf(run, within);
    for (const key of within.entries.keys()) this.#showEntry(run, within, key, attempts);
    for (const key of within.tries.keys()) if (!within.entries.has(key)) this.#showEntry(run, within, key, attempts);
    for (const id of this.#childRuns.get(run.id) ?? []) {
      const child = this.#runs.get(id);
      if (child) this.#showRun(child);
    }
  }

  #showEntry(run: RunFact, within: Within, key: string, attempts: Attempts): void {
    const entry = within.entries.get(key);
    const tries = within.tries.get(key) ?? [];
    if (!entry) {
      const open = openStepSpan(run, tries, place(run, attempts, tries[0]?.startedAt ?? 0));
      if (open) this.#putStep(run, open, tries);
      return;
    }
    if (SILENT.has(entry.kind)) return;
    if ((entry.kind === "child" || entry.kind === "trigger") && entry.awaits !== undefined) {
      // The run that it triggered stands for it, as soon as it is known.
      const child = this.#runs.get(entry.awaits);
      if (child) {
        this.#remove(entryId(run.id, key));
        this.#showRun(child);
        return;
      }
    }
    const span = entrySpan(run, entry, tries, place(run, attempts, entry.startedAt));
    this.#putStep(run, span, tries);
    if (entry.kind === "batch") for (const id of this.#childRuns.get(run.id) ?? []) if (this.#runs.get(id)?.batchId === entry.awaits) this.#showRun(this.#runs.get(id) as RunFact);
  }

  #putStep(run: RunFact, span: Span, tries: readonly TryFact[]): void {
    this.#put(span);
    for (const one of trySpans(run, span, tries)) this.#put(one);
  }

  #put(span: Span): void {
    const node = this.#nodes.get(span.id);
    this.#changed.add(span.id);
    if (node && node.span.parentId === span.parentId && node.span.startedAt === span.startedAt) {
      node.span = span;
    } else {
      if (node) this.#detach(node.span);
      this.#nodes.set(span.id, { span, children: node?.children ?? [] });
      const isLast = this.#attach(span);
      const hasChildren = node !== undefined || this.#adopt(span.id);
      if (!node && isLast && !hasChildren && this.#added.length < ADDED_MAX) {
        this.#added.push(span.id);
        this.structure += 1;
      } else this.#restructure();
    }
    this.#touch();
  }

  #restructure(): void {
    this.structure += 1;
    this.#added = [];
    this.#addedFrom = this.structure;
  }

  /** What was added at the end of what its parent holds since a structure; undefined: something else happened. */
  addedSince(structure: number): readonly string[] | undefined {
    return structure < this.#addedFrom ? undefined : this.#added.slice(structure - this.#addedFrom);
  }

  /** Who came before what holds it. */
  #orphans = new Map<string, string[]>();

  /** Whether there was somebody. */
  #adopt(id: string): boolean {
    const waiting = this.#orphans.get(id);
    if (!waiting) return false;
    this.#orphans.delete(id);
    for (const one of waiting) {
      const span = this.get(one);
      if (span?.parentId === id) this.#attach(span);
    }
    return true;
  }

  /** Whether it is the last of what its parent holds. */
  #attach(span: Span): boolean {
    if (span.parentId === undefined) return false;
    const parent = this.#nodes.get(span.parentId);
    if (!parent) {
      push(this.#orphans, span.parentId, span.id);
      return false;
    }
    const { children } = parent;
    let at = children.length;
    while (at > 0 && (this.get(children[at - 1] as string)?.startedAt ?? 0) > span.startedAt) at -= 1;
    children.splice(at, 0, span.id);
    return at === children.length - 1;
  }

  #detach(span: Span): void {
    const children = span.parentId === undefined ? undefined : this.#nodes.get(span.parentId)?.children;
    const at = children?.lastIndexOf(span.id) ?? -1;
    if (at >= 0) children?.splice(at, 1);
  }

  #remove(id: string): void {
    const node = this.#nodes.get(id);
    if (!node) return;
    this.#detach(node.span);
    this.#nodes.delete(id);
    this.#changed.add(id);
    this.#restructure();
    this.#touch();
  }

  /** Shown with the next frame, together with whatever else changed by then. */
  #touch(): void {
    this.version += 1;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // No frames are drawn for a page that nobody sees.
    if (typeof requestAnimationFrame === "function" && !document.hidden) requestAnimationFrame(this.flush);
    else setTimeout(this.flush, 100);
  }

  readonly flush = (): void => {
    this.#isFlushing = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const id of changed) for (const listener of this.#spanListeners.get(id) ?? []) listener();
    for (const listener of this.#listeners) listener();
  };
}

type Attempts = ReturnType<typeof attemptsOf>;

/** What holds an entry: its run, or the attempt in which it was made. */
function place(run: RunFact, attempts: Attempts, startedAt: number): string {
  const found = attempts.findLast((one) => one.startedAt <= startedAt) ?? attempts[0];
  return found ? attemptId(run.id, found.number) : run.id;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function isSame(a: EntryFact, b: EntryFact): boolean {
  return a.status === b.status && a.finishedAt === b.finishedAt && a.startedAt === b.startedAt && a.tries === b.tries;
}

function putTry(tries: Map<string, TryFact[]>, one: TryFact): void {
  const list = (tries.get(one.key) ?? []).filter((other) => other.number !== one.number || other.startedAt > one.startedAt);
  if (!list.some((other) => other.number === one.number)) list.push(one);
  tries.set(one.key, list.sort((a, b) => a.number - b.number));
}
