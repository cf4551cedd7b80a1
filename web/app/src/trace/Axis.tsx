import type { PointerEvent } from "react";
import { useRef, useState } from "react";
import { duration } from "@/format/duration";
import { cx } from "@/ui/class";
import type { Geometry } from "./geometry";
import { pixels, viewOf } from "./geometry";
import { breakLabel, ticksOf } from "./scale";

const LABEL_PX = 84;
const DRAG_PX = 5;

/** The time axis: drag over it to look at a part, double-click to see all. */
export function Axis({ geometry, onView }: { geometry: Geometry; onView: (view: readonly [number, number]) => void }) {
  const { scale, view, width } = geometry;
  const [drag, setDrag] = useState<readonly [number, number]>();
  const start = useRef<number>(undefined);
  const place = (event: PointerEvent) => event.clientX - event.currentTarget.getBoundingClientRect().left;
  const end = () => {
    start.current = undefined;
    setDrag(undefined);
    if (!drag || Math.abs(drag[1] - drag[0]) < DRAG_PX) return;
    const at = (px: number) => view[0] + (px / width) * (view[1] - view[0]);
    onView(viewOf(at(drag[0]), at(drag[1])));
  };
  return (
    <div
      className="relative min-w-0 flex-1 cursor-col-resize touch-none overflow-hidden text-2xs text-fg-3 select-none"
      title="Drag to look at a part of the time, double-click to see all of it"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = place(event);
      }}
      onPointerMove={(event) => start.current !== undefined && setDrag([start.current, place(event)])}
      onPointerUp={end}
      onPointerCancel={end}
      onDoubleClick={() => onView([0, 1])}
    >
      {ticksOf(scale, view, Math.min(1, LABEL_PX / Math.max(1, width))).map((tick) => {
        const left = ((tick.x - view[0]) / (view[1] - view[0])) * width;
        return (
          <span key={tick.x} className={cx("absolute top-0 flex h-full items-center border-l border-line pl-1", left > width - 36 && "hidden")} style={{ left }}>
            {tick.label}
          </span>
        );
      })}
      {scale.stretches.map(
        (one) =>
          one.isBreak && (
            <span key={one.from} className="absolute inset-y-0 flex items-center justify-center rounded bg-sunken border-x border-dashed border-line-strong font-medium text-fg-2" style={{ left: pixels(geometry, one.from), width: pixels(geometry, one.to) - pixels(geometry, one.from) }} title={`${duration(one.to - one.from)} in which nothing was done`}>
              {breakLabel(one.to - one.from)}
            </span>
          ),
      )}
      {drag && <span aria-hidden className="absolute inset-y-0 border-x border-accent bg-accent/20" style={{ left: Math.min(...drag), width: Math.abs(drag[1] - drag[0]) }} />}
    </div>
  );
}

/** Lines behind the rows: at the ticks, and where time was left out. */
export function Grid({ geometry }: { geometry: Geometry }) {
  const { scale, view, width } = geometry;
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-0 right-0 left-(--tree) overflow-hidden">
      {ticksOf(scale, view, Math.min(1, LABEL_PX / Math.max(1, width))).map((tick) => (
        <span key={tick.x} className="absolute inset-y-0 border-l border-line" style={{ left: ((tick.x - view[0]) / (view[1] - view[0])) * width }} />
      ))}
      {scale.stretches.map(
        (one) =>
          one.isBreak && <span key={one.from} className="broken absolute inset-y-0" style={{ left: pixels(geometry, one.from), width: pixels(geometry, one.to) - pixels(geometry, one.from) }} />,
      )}
    </div>
  );
}
