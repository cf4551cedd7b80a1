import { useSyncExternalStore } from "react";
import type { Trace } from "@/data/trace";
import { Kbd } from "@/ui/Kbd";
import { zoomed } from "./geometry";

const STEPS = 100;
const NEAREST = 1_000;

/** The keys that matter here, and how near one looks. */
export function Footer({ trace }: { trace: Trace }) {
  const { view } = trace;
  useSyncExternalStore(view.subscribe, view.getVersion);
  const [v0, v1] = view.view;
  const nearness = Math.round((Math.log(1 / (v1 - v0)) / Math.log(NEAREST)) * STEPS);
  const zoom = (to: number) => view.change({ view: zoomed(view.view, 0.5, NEAREST ** (-to / STEPS) / (v1 - v0)) });
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-panel px-3 text-2xs whitespace-nowrap text-fg-3">
      <span className="flex items-center gap-1">
        <Kbd keys="↑↓←→" /> move
      </span>
      <span className="flex items-center gap-1">
        <Kbd keys="⇧E" /> expand
      </span>
      <span className="flex items-center gap-1">
        <Kbd keys="W" /> collapse
      </span>
      <span className="flex items-center gap-1 max-xl:hidden">
        <Kbd keys="0-9" /> level
      </span>
      <span className="flex items-center gap-1 max-xl:hidden">
        <Kbd keys="[" />
        <Kbd keys="]" /> other runs
      </span>
      <span className="ml-auto flex items-center gap-2">
        {(v0 > 0 || v1 < 1) && (
          <button type="button" className="text-accent hover:underline" onClick={() => view.change({ view: [0, 1] })}>
            Show all
          </button>
        )}
        <label className="flex items-center gap-2">
          Zoom
          <input type="range" min={0} max={STEPS} value={nearness} onChange={(event) => zoom(Number(event.target.value))} className="h-1 w-24 accent-(--accent)" />
        </label>
      </span>
    </footer>
  );
}
