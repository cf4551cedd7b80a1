import { Link } from "@tanstack/react-router";
import type { Children as Counts, ListedRun } from "@/data/runs";
import { capped, count, plural } from "@/format/number";
import { cx } from "@/ui/class";

/** What became of a run's children, for who cannot see the bar. */
export function saidOf({ count: all, completed, failed, complete }: Counts): string {
  if (!complete) return `More than ${plural(all, "child", "children")}`;
  return `${count(completed)} of ${plural(all, "child", "children")} completed${failed > 0 ? `, ${count(failed)} failed` : ""}`;
}

/** How many of a run's children are done, and how many failed; it leads to them. */
export function Children({ run }: { run: ListedRun }) {
  const { children } = run;
  if (!children) return null;
  const { count: all, completed, failed, complete } = children;
  const said = saidOf(children);
  return (
    <Link to="/runs" search={{ parent: run.id }} title={said} className="inline-flex min-w-0 items-center gap-1.5 rounded text-xs text-fg-2 hover:text-fg hover:underline">
      {complete && (
        <span aria-hidden className="flex h-1.5 w-9 shrink-0 overflow-hidden rounded-full bg-hover">
          <span className="bg-bar-ok" style={{ width: `${(completed / all) * 100}%` }} />
          <span className={cx("bg-bar-bad", failed > 0 && "min-w-0.5")} style={{ width: `${(failed / all) * 100}%` }} />
        </span>
      )}
      <span className="whitespace-nowrap">{complete ? `${count(completed)}/${count(all)}` : capped(all, all)}</span>
      {failed > 0 && <span className="whitespace-nowrap text-bad">{count(failed)} ✕</span>}
      <span className="sr-only">: {said}. Show them</span>
    </Link>
  );
}
