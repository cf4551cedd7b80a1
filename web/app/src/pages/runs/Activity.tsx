import { useQuery } from "@tanstack/react-query";
import type { KeyboardEvent, PointerEvent } from "react";
import { memo, useRef, useState } from "react";
import type { Stats } from "@/data/runs";
import { BAD, statsQuery } from "@/data/runs";
import { count, plural } from "@/format/number";
import { clock, moment } from "@/format/time";
import { cx } from "@/ui/class";
import type { RunsSearch } from "./search";
import { withFilter } from "./search";

interface Bar {
  at: number;
  failed: number;
  live: number;
  rest: number;
}

type Range = readonly [number, number];

/** Which pieces of time two places in the row of bars span, in order. */
export function spanOf(a: number, b: number, last: number): Range {
  const low = Math.max(0, Math.min(a, b));
  return [Math.min(low, last), Math.max(0, Math.min(Math.max(a, b), last))];
}

export function barsOf(stats: Stats): Bar[] {
  return stats.buckets.map(({ at, counts }) => {
    const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const failed = BAD.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
    const live = (counts.EXECUTING ?? 0) + (counts.DEQUEUED ?? 0) + (counts.WAITING ?? 0) + (counts.QUEUED ?? 0) + (counts.DELAYED ?? 0);
    return { at: Date.parse(at), failed, live, rest: all - failed - live };
  });
}

export const totalsOf = (stats: Stats): { all: number; failed: number } => ({
  all: Object.values(stats.totals).reduce((sum, n) => sum + n, 0),
  failed: BAD.reduce((sum, status) => sum + (stats.totals[status] ?? 0), 0),
});

const USUAL = "24h";
const SHORTER: readonly (readonly [string, number])[] = [
  ["15m", 900_000],
  ["1h", 3_600_000],
  ["6h", 21_600_000],
];

/** Where nothing says from when on: a day, or as long as there are runs at all. */
export function usualPeriod(oldest: number | undefined, now: number): string {
  return oldest === undefined ? USUAL : (SHORTER.find(([, ms]) => now - oldest <= ms * 1.1)?.[0] ?? USUAL);
}

export function useUsualPeriod(search: RunsSearch): string {
  const isSaid = !!(search.period || search.from || search.to);
  const { data: day } = useQuery({ ...statsQuery(activityParams(withFilter(search, { period: undefined, from: undefined, to: undefined }))), enabled: !isSaid });
  const first = day?.buckets.find(({ counts }) => Object.keys(counts).length > 0);
  return usualPeriod(first && Date.parse(first.at), day ? Date.parse(day.until) : 0);
}

export function activityParams(search: RunsSearch, usual = USUAL) {
  const task = search.task?.includes(",") ? undefined : search.task;
  const range = search.from || search.to;
  return {
    "filter[taskIdentifier]": task,
    "filter[createdAt][period]": range ? undefined : (search.period ?? usual),
    "filter[createdAt][from]": search.from,
    "filter[createdAt][to]": search.to,
  };
}

/** What happened when: drag over it to narrow the list to that time. With the keys: arrows, shift and arrows, Enter. */
export const Activity = memo(function Activity({ search, usual, onRange }: { search: RunsSearch; usual: string; onRange: (from: string, to: string) => void }) {
  const { data: stats } = useQuery(statsQuery(activityParams(search, usual)));
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Range>();
  const [hover, setHover] = useState<number>();
  if (!stats) return <div className="h-14 shrink-0 border-b border-line bg-panel max-sm:hidden" />;
  const bars = barsOf(stats);
  const highest = Math.max(1, ...bars.map((bar) => bar.failed + bar.live + bar.rest));
  const last = bars.length - 1;
  const { all, failed } = totalsOf(stats);
  const endOf = (index: number) => bars[index + 1]?.at ?? Date.parse(stats.until);
  const apply = ([low, high]: Range) => {
    const from = bars[low];
    if (from) onRange(new Date(from.at).toISOString(), new Date(endOf(high)).toISOString());
    setDrag(undefined);
  };
  const placeOf = (event: PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    return area ? Math.floor(((event.clientX - area.left) / area.width) * bars.length) : 0;
  };
  const span = drag && spanOf(drag[0], drag[1], last);
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    const [from, to] = drag ?? [last, last];
    const next = Math.max(0, Math.min(last, to + by));
    if (by !== 0) setDrag(event.shiftKey ? [from, next] : [next, next]);
    else if (event.key === "Enter" && span) apply(span);
    else if (event.key === "Escape" && drag) setDrag(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const told = span ?? (hover === undefined ? undefined : spanOf(hover, hover, last));
  return (
    <div className="relative shrink-0 border-b border-line bg-panel px-4 pt-2 pb-1.5 max-sm:hidden">
      <div
        ref={box}
        tabIndex={0}
        role="slider"
        aria-label={`Activity: ${plural(all, "run")}, ${count(failed)} failed. Arrow keys choose a time, with shift a longer one, Enter narrows the list to it`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={span?.[1] ?? last}
        aria-valuetext={said(bars, span ?? [last, last], endOf)}
        onKeyDown={onKey}
        onBlur={() => setDrag(undefined)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([placeOf(event), placeOf(event)]);
        }}
        onPointerMove={(event) => {
          setHover(Math.max(0, Math.min(last, placeOf(event))));
          if (drag && event.currentTarget.hasPointerCapture(event.pointerId)) setDrag([drag[0], placeOf(event)]);
        }}
        onPointerUp={() => span && apply(span)}
        onPointerLeave={() => setHover(undefined)}
        className="flex h-10 cursor-crosshair touch-none items-end gap-0.5 rounded-sm select-none"
      >
        {bars.map((bar, index) => (
          <Column key={bar.at} bar={bar} highest={highest} isDim={!!span && (index < span[0] || index > span[1])} isHovered={!!told && index >= told[0] && index <= told[1]} />
        ))}
      </div>
      {told && (
        <div className="pointer-events-none absolute top-full z-20 mt-1 -translate-x-1/2 rounded-control bg-raised px-2 py-1 text-xs whitespace-nowrap text-fg shadow-float" style={{ left: `clamp(120px, ${(((told[0] + told[1] + 1) / 2) * 100) / bars.length}%, calc(100% - 120px))` }}>
          {said(bars, told, endOf)}
        </div>
      )}
    </div>
  );
});

function Column({ bar, highest, isDim, isHovered }: { bar: Bar; highest: number; isDim: boolean; isHovered: boolean }) {
  const piece = (value: number, color: string) => value > 0 && <div className={color} style={{ height: `${Math.max(5, (value / highest) * 100)}%` }} />;
  return (
    <div className={cx("flex h-full min-w-0 flex-1 flex-col justify-end overflow-hidden rounded-t-[1px] transition-opacity duration-100", isDim && "opacity-30", isHovered && "bg-hover")}>
      {piece(bar.failed, "bg-bar-bad")}
      {piece(bar.live, "bg-bar-run")}
      {piece(bar.rest, "bg-bar-ok")}
      {bar.failed + bar.live + bar.rest === 0 && <div className="h-px bg-line-strong" />}
    </div>
  );
}

function said(bars: readonly Bar[], [low, high]: Range, endOf: (index: number) => number): string {
  const chosen = bars.slice(low, high + 1);
  const failed = chosen.reduce((sum, bar) => sum + bar.failed, 0);
  const all = chosen.reduce((sum, bar) => sum + bar.failed + bar.live + bar.rest, 0);
  return `${moment(chosen[0]?.at ?? 0)} – ${clock(endOf(high))} · ${plural(all, "run")}${failed > 0 ? ` · ${count(failed)} failed` : ""}`;
}
