import { ChevronRight } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import type { Trace } from "@/data/trace";
import { useSpan } from "@/data/trace";
import { duration } from "@/format/duration";
import { count } from "@/format/number";
import { serverNow } from "@/format/time";
import { cx } from "@/ui/class";
import type { Shown } from "@/ui/Status";
import { Status } from "@/ui/Status";
import { Bars, Density } from "./Bars";
import type { Geometry } from "./geometry";
import { pixels } from "./geometry";
import type { Row, Tally } from "./rows";
import { density, tally } from "./rows";
import type { Span } from "./span";
import type { TraceStore } from "./store";

export const ROW_PX = 30;

export interface RowProps {
  trace: Trace;
  row: Row;
  top: number;
  isSelected: boolean;
  /** Another number when siblings are counted anew: drawing all rows for each that comes would be too much. */
  counted: number;
  geometry: Geometry;
  onSelect: (id: string) => void;
  onOpen: (row: Row, isOpen: boolean) => void;
}

/** One row: its place in the tree at the left, its bar at the right. */
export const TraceRow = memo(
  function TraceRow(props: RowProps) {
    const { row, top, isSelected, onSelect } = props;
    const select = () => onSelect(row.group ? row.group.parentId : row.id);
    return (
      <div
        id={`row-${row.id}`}
        role="treeitem"
        aria-level={row.depth + 1}
        aria-posinset={row.position}
        aria-setsize={row.among.count}
        aria-selected={isSelected}
        {...(row.hasChildren ? { "aria-expanded": row.isOpen } : {})}
        onClick={select}
        className={cx("absolute inset-x-0 flex h-[30px] cursor-pointer border-b border-line [contain:strict]", isSelected ? "bg-active [&_.text-fg-3]:text-fg-2" : "hover:bg-hover", row.isContext && "opacity-60")}
        style={{ transform: `translateY(${top}px)` }}
      >
        {row.group ? <GroupRow {...props} /> : <SpanRow {...props} />}
      </div>
    );
  },
  (before, after) => isSameRow(before.row, after.row) && before.top === after.top && before.isSelected === after.isSelected && before.geometry === after.geometry && before.counted === after.counted && before.trace === after.trace,
);

function isSameRow(a: Row, b: Row): boolean {
  return a.id === b.id && a.depth === b.depth && a.isOpen === b.isOpen && a.hasChildren === b.hasChildren && a.isContext === b.isContext && a.group?.ids === b.group?.ids && a.position === b.position;
}

function SpanRow({ trace, row, geometry, onOpen }: RowProps) {
  const span = useSpan(trace, row.id);
  if (!span) return null;
  const from = span.segments.find((segment) => segment.kind !== "queue")?.from;
  return (
    <>
      <div className="flex w-(--tree) shrink-0 items-center gap-1.5 overflow-hidden border-r border-line pr-2" style={{ paddingLeft: 6 + row.depth * 16 }}>
        <Chevron row={row} onOpen={onOpen} />
        {span.isRecovered ? <Status status="SKIPPED" word="Failed, and the run went on" iconOnly /> : <Status status={span.status} iconOnly />}
        <span className={cx("truncate", span.isRecovered && "text-fg-2")}>{span.name}</span>
        <Marks span={span} />
        <span className="ml-auto pl-1 text-xs text-fg-3" {...(from !== undefined && span.finishedAt === undefined ? { "data-since": from } : {})}>
          {from === undefined ? (span.finishedAt === undefined ? "" : "–") : duration((span.finishedAt ?? serverNow()) - from)}
        </span>
      </div>
      <div className="relative min-w-0 flex-1 overflow-hidden">
        <Bars span={span} geometry={geometry} />
      </div>
    </>
  );
}

/** What kind of thing it is, where that is no plain step. */
function Marks({ span }: { span: Span }) {
  const words = [
    span.kind === "run" && span.parentId !== undefined && "run",
    (span.kind === "sleep" || span.kind === "token" || span.kind === "message") && (span.kind === "token" ? "approval" : span.kind),
    span.tries > 1 && span.kind !== "attempt" && `×${span.tries}`,
  ].filter(Boolean);
  return words.map((word) => (
    <span key={String(word)} className="shrink-0 rounded border border-line-strong px-1 text-2xs leading-4 text-fg-3">
      {word}
    </span>
  ));
}

function Chevron({ row, onOpen }: { row: Row; onOpen: RowProps["onOpen"] }) {
  if (!row.hasChildren) return <span className="w-4 shrink-0" />;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={row.isOpen ? "Collapse" : "Expand"}
      onClick={(event) => {
        event.stopPropagation();
        onOpen(row, !row.isOpen);
      }}
      className="flex size-4 shrink-0 items-center justify-center rounded text-fg-3 hover:bg-line hover:text-fg"
    >
      <ChevronRight aria-hidden className={cx("size-3.5 transition-transform duration-100", row.isOpen && "rotate-90")} />
    </button>
  );
}

const BUCKETS = 48;

/** Draws anew when something changed, with a pause between. */
function useChanges(store: TraceStore, pauseMs: number): void {
  const [, draw] = useState(0);
  const pause = useRef(pauseMs);
  pause.current = pauseMs;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = store.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        draw((n) => n + 1);
      }, pause.current);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
}

function GroupRow({ trace, row, geometry, onOpen }: RowProps) {
  const { store } = trace;
  const { group } = row;
  // Thousands are counted anew less often.
  useChanges(store, (group?.ids.length ?? 0) / 40);
  if (!group) return null;
  const sum = tally(store, group);
  const now = serverNow();
  const end = sum.finishedAt ?? now;
  const hue = sum.running > 0 ? "text-bar-run" : sum.bad > sum.ok ? "text-bar-bad" : sum.ok > 0 ? "text-bar-ok" : "text-bar-idle";
  return (
    <>
      <div className="flex w-(--tree) shrink-0 items-center gap-1.5 overflow-hidden border-r border-line pr-2" style={{ paddingLeft: 6 + row.depth * 16 }}>
        <Chevron row={row} onOpen={onOpen} />
        <Status status={groupStatus(sum)} iconOnly />
        <span className="truncate">
          {group.name} <span className="text-fg-3">×{count(group.ids.length)}</span>
        </span>
        <Tallied sum={sum} />
        <span className="ml-auto pl-1 text-xs text-fg-3">{duration(end - sum.startedAt)}</span>
      </div>
      <div className="relative min-w-0 flex-1 overflow-hidden">
        <Density shares={density(store, group, sum.startedAt, end, now, BUCKETS)} left={pixels(geometry, sum.startedAt)} right={pixels(geometry, end)} hue={hue} />
      </div>
    </>
  );
}

function groupStatus(sum: Tally): Shown {
  if (sum.running > 0) return "EXECUTING";
  if (sum.waiting > 0) return "WAITING";
  if (sum.bad > 0) return sum.ok > 0 ? "PARTIAL" : "FAILED";
  return sum.ok > 0 ? (sum.finishedAt === undefined ? "EXECUTING" : "COMPLETED") : "QUEUED";
}

function Tallied({ sum }: { sum: Tally }) {
  const parts = [
    [sum.ok, "text-ok", "✓", "completed"],
    [sum.bad, "text-bad", "✕", "failed"],
    [sum.running, "text-run", "◐", "running"],
    [sum.waiting, "text-wait", "⏸", "waiting"],
    [sum.idle, "text-idle", "○", "queued or canceled"],
  ] as const;
  return (
    <span className="flex shrink-0 gap-1.5 text-xs">
      {parts.map(
        ([value, color, shape, word]) =>
          value > 0 && (
            <span key={word} className={color}>
              {count(value)}
              <span aria-hidden>{shape}</span>
              <span className="sr-only"> {word}</span>
            </span>
          ),
      )}
    </span>
  );
}
