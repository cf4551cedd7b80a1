import { cx } from "./class";
import type { Hue } from "./Status";
import { HUE_BAR } from "./Status";

/** A bar from 0 to 1. */
export function Progress({ share, label, hue = "run", isMoving, className }: { share: number; label: string; hue?: Hue; isMoving?: boolean; className?: string }) {
  const value = Math.max(0, Math.min(1, share));
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(value * 100)} className={cx("h-1.5 overflow-hidden rounded-full bg-hover", className)}>
      <div className={cx("h-full rounded-full transition-[width] duration-150", HUE_BAR[hue], isMoving && "striped")} style={{ width: `${value * 100}%` }} />
    </div>
  );
}
