import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { cx } from "@/ui/class";

/** A link to another page of the dashboard, by its path. */
export function To({ path, search, title, className, children }: { path: string; search?: Record<string, string>; title?: string; className?: string; children: ReactNode }) {
  return (
    <Link to={path as "/"} search={(search ?? {}) as never} title={title} className={cx("text-accent hover:underline", className)}>
      {children}
    </Link>
  );
}
