import type { Row } from "./rows";
import { groupId, Layout, LEVEL_MAX } from "./rows";
import type { Scale } from "./scale";
import { activityOf, makeScale } from "./scale";
import type { Span } from "./span";
import type { TraceStore } from "./store";

type Listener = () => void;
const parentOf = (store: TraceStore, span: Span): Span | undefined => (span.parentId === undefined ? undefined : store.get(span.parentId));
const SCALE_MS = 250;

/** What is shown of a trace: which rows, and which part of the time. One for each page. */
export class TraceViewState {
  readonly #store: TraceStore;
  readonly #listeners = new Set<Listener>();
  readonly opened = new Map<string, boolean>();
  level = LEVEL_MAX;
  query = "";
  errorsOnly = false;
  isCompressed = true;
  inLogs: ReadonlySet<string> = new Set();
  /** The visible part of the axis. */
  view: readonly [number, number] = [0, 1];
  /** Rises with every change of the above. */
  version = 0;
  #laid: { key: string; structure: number; layout: Layout } | undefined;
  #scale: { at: number; key: string; scale: Scale } | undefined;

  constructor(store: TraceStore) {
    this.#store = store;
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getVersion = (): number => this.version;

  change(what: Partial<Pick<TraceViewState, "level" | "query" | "errorsOnly" | "isCompressed" | "view" | "inLogs">>): void {
    if (what.level !== undefined) this.opened.clear();
    Object.assign(this, what);
    this.#tell();
  }

  open(id: string, isOpen: boolean): void {
    this.opened.set(id, isOpen);
    this.#tell();
  }

  /** Open whatever hides a span. */
  reveal(id: string): void {
    const span = this.#store.get(id);
    if (!span || this.placeOf(id) >= 0) return;
    for (let one = span, parent = parentOf(this.#store, one); parent; one = parent, parent = parentOf(this.#store, one)) {
      this.opened.set(parent.id, true);
      this.opened.set(groupId(parent.id, one.name), true);
    }
    this.#tell();
  }

  #tell(): void {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }

  /** The same list as long as nothing but what comes last comes to it. */
  readonly rows = (): readonly Row[] => this.#layout().rows;

  /** Where a row is; -1: it is not shown. */
  placeOf(id: string): number {
    return this.#layout().placeOf(id);
  }

  #layout(): Layout {
    const { structure, version } = this.#store;
    // What is filtered depends on what spans say, too; the rest only on where they are.
    const isFiltered = this.query !== "" || this.errorsOnly;
    const key = `${this.version} ${isFiltered ? version : 0}`;
    if (this.#laid?.key === key) {
      const added = this.#store.addedSince(this.#laid.structure);
      const { layout } = this.#laid;
      if (added?.every((id) => layout.extend(id))) {
        this.#laid.structure = structure;
        return layout;
      }
    }
    this.#laid = { key, structure, layout: new Layout(this.#store, this) };
    return this.#laid.layout;
  }

  /** The axis. While things go on it grows a little ahead of the time, in steps, so that bars do not tremble. */
  scale(now: number): Scale {
    const root = this.#store.get(this.#store.runId);
    const isOver = root?.finishedAt !== undefined;
    const key = `${this.#store.version} ${this.isCompressed}`;
    const before = this.#scale;
    const isFresh = before && (before.key === key || performance.now() - before.at < SCALE_MS);
    if (before && isFresh && (isOver || now < before.scale.to) && before.key.endsWith(String(this.isCompressed))) return before.scale;
    if (!root) return makeScale(0, 1, []);
    const spans = this.#store.spans();
    let last = root.finishedAt ?? 0;
    for (const span of spans) {
      if (span.finishedAt !== undefined && span.finishedAt > last) last = span.finishedAt;
      else if (span.finishedAt === undefined && now > last) last = now;
    }
    const length = Math.max(1, last - root.startedAt);
    const to = root.startedAt + length * (isOver ? 1.015 : 1.06) + (isOver ? 0 : 50);
    const activity = activityOf(spans, (id) => this.#store.childrenOf(id), now);
    const scale = makeScale(root.startedAt, to, activity, this.isCompressed);
    this.#scale = { at: performance.now(), key, scale };
    return scale;
  }
}
