import type { KeyboardEvent, PointerEvent, ReactNode } from "react";
import { useRef, useState } from "react";
import { cx } from "./class";

const STEP = 24;

/** Two panes with a line between them that can be dragged. `size` is that of the second, in pixels, remembered by `name`. */
export function Split({ name, direction, first, second, size: initial, min = 120, className }: { name: string; direction: "row" | "column"; first: ReactNode; second: ReactNode; size: number; min?: number; className?: string }) {
  const key = `runcast.split.${name}`;
  const [size, setSize] = useState(() => Number(localStorage.getItem(key)) || initial);
  const frame = useRef<HTMLDivElement>(null);
  const isRow = direction === "row";
  const put = (wanted: number) => {
    const room = frame.current?.[isRow ? "clientWidth" : "clientHeight"] ?? 1_000;
    const next = Math.round(Math.max(min, Math.min(wanted, room - min)));
    localStorage.setItem(key, String(next));
    setSize(next);
  };
  const drag = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId)) put(isRow ? box.right - event.clientX : box.bottom - event.clientY);
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    put(size + by * STEP);
  };
  return (
    <div ref={frame} className={cx("flex min-h-0 min-w-0", !isRow && "flex-col", className)}>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">{first}</div>
      <div
        role="separator"
        aria-orientation={isRow ? "vertical" : "horizontal"}
        aria-label={`Size of the ${name}`}
        aria-valuenow={size}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onDoubleClick={() => put(initial)}
        onKeyDown={press}
        className={cx(
          "relative z-10 shrink-0 bg-line transition-colors hover:bg-accent focus-visible:bg-accent",
          isRow ? "w-px cursor-col-resize before:absolute before:inset-y-0 before:-left-1 before:w-2" : "h-px cursor-row-resize before:absolute before:inset-x-0 before:-top-1 before:h-2",
        )}
      />
      <div className="flex min-h-0 min-w-0 shrink-0 flex-col" style={{ [isRow ? "width" : "height"]: size, [isRow ? "maxWidth" : "maxHeight"]: "70%" }}>
        {second}
      </div>
    </div>
  );
}
