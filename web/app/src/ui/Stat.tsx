import type { ReactNode } from "react";
import { cx } from "./class";
import type { Hue } from "./Status";
import { HUE_TEXT } from "./Status";

/** A number with what it is of. */
export function Stat({ label, value, note, hue }: { label: string; value: ReactNode; note?: ReactNode; hue?: Hue | undefined }) {
  return (
    <div className="flex min-w-0 flex-col">
      <span className="truncate text-xs text-fg-3">{label}</span>
      <span className={cx("truncate text-lg font-semibold", hue && HUE_TEXT[hue])}>{value}</span>
      {note && <span className="truncate text-2xs text-fg-3">{note}</span>}
    </div>
  );
}

/** Numbers side by side, two a row on phones. */
export function Stats({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cx("grid grid-cols-2 gap-x-6 gap-y-3 sm:flex sm:flex-wrap sm:gap-x-8", className)}>{children}</div>;
}
