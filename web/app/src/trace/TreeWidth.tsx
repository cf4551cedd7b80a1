import { useSyncExternalStore } from "react";

const KEY = "runcast.tree";
const MIN_PX = 160;
const MAX_PX = 700;
const STEP_PX = 24;
const DEFAULT_PX = 300;
const listeners = new Set<() => void>();
let width = Number(localStorage.getItem(KEY)) || DEFAULT_PX;

function put(px: number): void {
  width = Math.round(Math.max(MIN_PX, Math.min(MAX_PX, px)));
  localStorage.setItem(KEY, String(width));
  for (const listener of listeners) listener();
}

/** How wide the tree is beside the waterfall. */
export function useTreeWidth(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => width,
  );
}

/** The line between tree and waterfall, which is dragged. */
export function TreeWidth() {
  const px = useTreeWidth();
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the tree"
      aria-valuenow={px}
      aria-valuemin={MIN_PX}
      aria-valuemax={MAX_PX}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) put(event.clientX - (event.currentTarget.parentElement?.getBoundingClientRect().left ?? 0));
      }}
      onDoubleClick={() => put(DEFAULT_PX)}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        put(px + by * STEP_PX);
      }}
      className="absolute inset-y-0 left-(--tree) -ml-1 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/30"
    />
  );
}
