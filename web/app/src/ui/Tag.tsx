import type { ReactNode } from "react";
import { cx } from "./class";

/** A short word in a frame: a tag, a kind. */
export function Tag({ children, className }: { children: ReactNode; className?: string }) {
  return <span className={cx("inline-flex h-5 max-w-48 items-center truncate rounded border border-line-strong px-1.5 text-2xs text-fg-2", className)}>{children}</span>;
}
