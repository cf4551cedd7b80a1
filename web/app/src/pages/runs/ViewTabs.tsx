import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { cx } from "@/ui/class";
import { useShortcuts } from "@/ui/shortcuts";
import type { RunsSearch } from "./search";
import { isFiltered, readRunsSearch } from "./search";
import type { Views } from "./useViews";

/** The counts in the header have the keys up to 4. */
const FIRST_KEY = 5;
const KEYS = 5;
const TAB = "flex h-9 shrink-0 items-center border-b-2 whitespace-nowrap";

/** Saved views, one beside the other. Without any there is no row. */
export function ViewTabs({ views, search, children }: { views: Views; search: RunsSearch; children: ReactNode }) {
  const navigate = useNavigate();
  const bar = useRef<HTMLElement>(null);
  const currentId = views.current?.id;
  // One that is out of sight is scrolled to.
  useEffect(() => {
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [currentId]);
  useShortcuts(views.views.slice(0, KEYS).map((view, at) => ({ keys: String(FIRST_KEY + at), label: `View “${view.name}”`, group: "Filters", run: () => void navigate({ to: "/runs", search: readRunsSearch(view.filters) }) })));
  if (views.views.length === 0) return null;
  const tab = (isHere: boolean) => cx(TAB, isHere ? "border-accent font-medium text-fg" : "border-transparent text-fg-2 hover:text-fg");
  const isAll = !isFiltered(search);
  return (
    <div className="flex shrink-0 items-center gap-2 border-b border-line bg-panel pr-4">
      <nav ref={bar} aria-label="Saved views" className="scrollbar-none -mb-px flex min-w-0 flex-1 gap-4 overflow-x-auto px-4">
        <Link to="/runs" search={{}} aria-current={isAll ? "page" : undefined} className={tab(isAll)}>
          All runs
        </Link>
        {views.views.map((view, at) => (
          <Link
            key={view.id}
            to="/runs"
            search={readRunsSearch(view.filters)}
            aria-current={view.id === currentId ? "page" : undefined}
            title={[view.createdBy && `Saved by ${view.createdBy}`, at < KEYS && `Key ${FIRST_KEY + at}`].filter(Boolean).join(" · ")}
            className={tab(view.id === currentId)}
          >
            <span className="max-w-48 truncate">{view.name}</span>
            {view.id === views.left?.id && <span className="ml-1.5 text-xs text-fg-3">changed</span>}
          </Link>
        ))}
      </nav>
      {children}
    </div>
  );
}
