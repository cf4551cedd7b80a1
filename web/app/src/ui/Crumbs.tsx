import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Where a page is: the list that it belongs to, and its own name. */
export function Crumbs({ to, list, children }: { to: string; list: string; children: ReactNode }) {
  return (
    <>
      <Link to={to} className="font-normal text-fg-2 hover:text-fg">
        {list}
      </Link>
      <span aria-hidden className="font-normal text-fg-3">
        /
      </span>
      <span className="min-w-0 truncate">{children}</span>
    </>
  );
}
