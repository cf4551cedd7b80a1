import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Trace } from "@/data/trace";
import { useTraceState } from "@/data/trace";
import { serverNow } from "@/format/time";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Axis, Grid } from "./Axis";
import { Footer } from "./Footer";
import type { Geometry } from "./geometry";
import { moved, zoomed } from "./geometry";
import type { Row } from "./rows";
import type { TraceStore } from "./store";
import { Toolbar } from "./Toolbar";
import { ROW_PX, TraceRow } from "./TraceRow";
import { TreeWidth, useTreeWidth } from "./TreeWidth";
import { useClock } from "./useClock";
import { useTreeKeys } from "./useTreeKeys";
import { useVirtual } from "./useVirtual";
import "./trace.css";

export interface TraceViewProps {
  trace: Trace;
  selected: string | undefined;
  onSelect: (id: string) => void;
}

/** The tree of a run beside its waterfall. */
export function TraceView(props: TraceViewProps) {
  const { trace } = props;
  const { isLoading, error } = useTraceState(trace);
  const isThere = useSyncExternalStore(trace.store.subscribe, () => trace.store.size > 0);
  return (
    <section aria-label="Steps" className="flex min-h-0 flex-1 flex-col bg-bg">
      <Toolbar trace={trace} />
      {isThere ? <Tree {...props} /> : error ? <Failure error={error} /> : isLoading ? <Skeleton rows={6} /> : <Empty title="Nothing was recorded">This run has no steps yet.</Empty>}
      <Footer trace={trace} />
    </section>
  );
}

function Tree({ trace, selected, onSelect }: TraceViewProps) {
  const { store, view } = trace;
  const frame = useRef<HTMLDivElement>(null);
  useSyncExternalStore(view.subscribe, view.getVersion);
  useSyncExternalStore(store.subscribe, () => store.version);
  const counted = useCounted(store);
  const treePx = useTreeWidth();
  const { first, pool, width } = useVirtual(frame, ROW_PX);
  const rows = view.rows();
  const geometry = useGeometry(trace, Math.max(60, width - treePx));
  const current = selected ?? store.runId;
  const isOver = store.get(store.runId)?.finishedAt !== undefined;
  const open = useCallback(
    (row: Row, isOpen: boolean) => {
      if (isOpen && !row.group) trace.feed.open(row.id);
      view.open(row.id, isOpen);
    },
    [trace, view],
  );
  const isKnown = selected !== undefined;
  // Who comes by a link, or selects elsewhere on the page, sees the row; who closes what holds it does not open it again.
  useEffect(() => {
    if (isKnown) view.reveal(current);
  }, [view, current, isKnown]);
  useClock(frame, geometry, !isOver);
  const press = useTreeKeys({ trace, current, onSelect, onOpen: open });
  useInSight(frame, view.placeOf(current));
  useWheel(frame, treePx, trace);
  const last = Math.min(rows.length, first + pool);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col" style={{ "--tree": `${treePx}px` } as React.CSSProperties}>
      <div className="flex h-7 shrink-0 border-b border-line bg-panel">
        <span className="flex w-(--tree) shrink-0 items-center border-r border-line pl-3 text-2xs text-fg-3">Step</span>
        <Axis geometry={geometry} onView={(next) => view.change({ view: next })} />
      </div>
      <div className="relative min-h-0 flex-1">
        <Grid geometry={geometry} />
        <div ref={frame} role="tree" onKeyDown={(event) => press(event.nativeEvent)} aria-label="Steps of the run" aria-activedescendant={`row-${current}`} tabIndex={0} className="absolute inset-0 overflow-x-hidden overflow-y-auto outline-offset-[-2px] [contain:strict]">
          <div role="presentation" className="relative" style={{ height: rows.length * ROW_PX }}>
            {slots(first, last, pool).map(([slot, place]) => {
              const row = rows[place] as Row;
              return <TraceRow key={slot} trace={trace} row={row} top={place * ROW_PX} isSelected={row.id === current} counted={counted} geometry={geometry} onSelect={onSelect} onOpen={open} />;
            })}
          </div>
          {rows.length === 0 ? <NoMatch trace={trace} /> : null}
        </div>
      </div>
      <TreeWidth />
    </div>
  );
}

function NoMatch({ trace }: { trace: Trace }) {
  return (
    <p className="p-6 text-center text-fg-3">
      No step matches.{" "}
      <button type="button" className="text-accent hover:underline" onClick={() => trace.view.change({ query: "", errorsOnly: false })}>
        Show all
      </button>
    </p>
  );
}

/** Which element shows which row: a row that stays in sight stays with its element, others are used again. */
function slots(first: number, last: number, pool: number): [slot: number, place: number][] {
  const found: [number, number][] = [];
  for (let place = first; place < last; place++) found.push([place % pool, place]);
  return found.sort((a, b) => a[0] - b[0]);
}

const COUNT_MS = 500;

/** Another number when there are more or fewer rows, now and then. */
function useCounted(store: TraceStore): number {
  const [counted, setCounted] = useState(store.structure);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = () => {
      timer = undefined;
      setCounted(store.structure);
    };
    const stop = store.subscribe(() => {
      timer ??= setTimeout(count, COUNT_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return counted;
}

/** The same object as long as nothing of it changed: rows are drawn anew only when it does. */
function useGeometry(trace: Trace, width: number): Geometry {
  const scale = trace.view.scale(serverNow());
  const { view } = trace.view;
  const [, draw] = useState(0);
  const kept = useRef<Geometry>(undefined);
  if (!kept.current || kept.current.scale !== scale || kept.current.view !== view || kept.current.width !== width) kept.current = { scale, view, width };
  const isOver = trace.store.get(trace.runId)?.finishedAt !== undefined;
  // Nothing may happen for long, but the time goes on.
  useEffect(() => {
    if (isOver) return;
    const timer = setTimeout(() => draw((n) => n + 1), Math.max(250, Math.min(5_000, scale.to - serverNow())));
    return () => clearTimeout(timer);
  });
  return kept.current;
}

/** The selected row is in sight, wherever the selection came from. */
function useInSight(frame: React.RefObject<HTMLElement | null>, place: number): void {
  const shown = useRef(-1);
  useEffect(() => {
    const element = frame.current;
    if (!element || place < 0 || place === shown.current) return;
    const isFirst = shown.current === -1;
    shown.current = place;
    const top = place * ROW_PX;
    if (top < element.scrollTop) element.scrollTo({ top });
    else if (top + ROW_PX > element.scrollTop + element.clientHeight) element.scrollTo({ top: isFirst ? top - element.clientHeight / 2 : top + ROW_PX - element.clientHeight });
  }, [frame, place]);
}

const ZOOM_PER_PX = 1.0025;

/** Ctrl and the wheel look nearer, shift and the wheel along the time. */
function useWheel(frame: React.RefObject<HTMLElement | null>, treePx: number, { view }: Trace): void {
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const turn = (event: WheelEvent) => {
      const width = element.clientWidth - treePx;
      if (event.ctrlKey || event.metaKey) {
        const at = Math.max(0, Math.min(1, (event.clientX - element.getBoundingClientRect().left - treePx) / width));
        view.change({ view: zoomed(view.view, at, ZOOM_PER_PX ** event.deltaY) });
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        view.change({ view: moved(view.view, (event.deltaX || event.deltaY) / width) });
      } else return;
      event.preventDefault();
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [frame, treePx, view]);
}
