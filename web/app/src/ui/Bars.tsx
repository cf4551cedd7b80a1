import { cx } from "./class";
import type { Hue } from "./Status";
import { HUE_BAR } from "./Status";

/** One bar: pieces from the bottom up. */
export interface Bar {
  pieces: readonly { hue: Hue; value: number }[];
  /** Shown on hover. */
  title?: string;
}

/** Small bars side by side, as high as their values: what happened when. `label` says it for those who do not see them. */
export function Bars({ bars, label, className }: { bars: readonly Bar[]; label: string; className?: string }) {
  const totals = bars.map((bar) => bar.pieces.reduce((sum, piece) => sum + piece.value, 0));
  const highest = Math.max(1, ...totals);
  return (
    <div role="img" aria-label={label} className={cx("flex h-6 items-end gap-px", className)}>
      {bars.map((bar, index) => (
        <div key={index} title={bar.title} className="flex h-full min-w-px flex-1 flex-col-reverse justify-start">
          {totals[index] === 0 ? (
            <div className="h-px bg-line" />
          ) : (
            bar.pieces.map((piece) => piece.value > 0 && <div key={piece.hue} className={HUE_BAR[piece.hue]} style={{ height: `max(2px, ${(piece.value / highest) * 100}%)` }} />)
          )}
        </div>
      ))}
    </div>
  );
}
