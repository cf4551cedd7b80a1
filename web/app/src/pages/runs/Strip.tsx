import { useQuery } from "@tanstack/react-query";
import { ArrowUp } from "lucide-react";
import { statsQuery } from "@/data/runs";
import { capped, count, plural } from "@/format/number";
import { Kbd } from "@/ui/Kbd";
import { useShortcuts } from "@/ui/shortcuts";
import { activityParams, totalsOf } from "./Activity";
import { FRESH_MAX } from "./fold";
import type { RunsSearch } from "./search";

interface StripProps {
  search: RunsSearch;
  usual: string;
  fresh: number;
  onLoad: () => void;
  canFollow: boolean;
  isFollowing: boolean;
  /** Rows are pointed at or chosen: none comes in between. */
  isHeld: boolean;
  onFollow: (isOn: boolean) => void;
}

/** Between activity and list: new runs that wait to be shown. It has its place always, so that no row moves when they come. */
export function Strip({ search, usual, fresh, onLoad, canFollow, isFollowing, isHeld, onFollow }: StripProps) {
  const { data: stats } = useQuery(statsQuery(activityParams(search, usual)));
  useShortcuts(fresh > 0 ? [{ keys: ".", label: "Load new runs", group: "Lists", run: onLoad }] : []);
  const told = fresh > 0 ? `${capped(fresh, FRESH_MAX)} new ${fresh === 1 ? "run" : "runs"}` : "";
  const totals = stats && totalsOf(stats);
  return (
    <div className="flex h-7 shrink-0 items-stretch border-b border-line bg-panel text-xs">
      <span aria-live="polite" className="sr-only">
        {told}
      </span>
      {fresh > 0 ? (
        <button type="button" onClick={onLoad} className="flex flex-1 items-center justify-center gap-1.5 bg-accent/15 font-medium text-fg hover:bg-accent/25">
          <ArrowUp aria-hidden className="size-3.5" />
          {told} <span className="text-fg-2 max-sm:hidden">— press</span> <Kbd keys="." /> <span className="text-fg-2 max-sm:hidden">to load</span>
        </button>
      ) : (
        <span className="flex min-w-0 flex-1 items-center truncate px-4 text-fg-3">
          {totals && `${plural(totals.all, "run")}${stats.complete ? "" : " or more"}${totals.failed > 0 ? `, ${count(totals.failed)} failed` : ""} · ${search.from || search.to ? "in this time" : `last ${search.period ?? usual}`}${search.task ? "" : ", all tasks"}`}
        </span>
      )}
      {canFollow && (
        <label className="flex items-center gap-1.5 px-4 text-fg-2 max-sm:hidden" title="New runs appear at once while the list is at its top">
          <input type="checkbox" checked={isFollowing} onChange={(event) => onFollow(event.target.checked)} className="size-3.5 accent-(--accent)" />
          Follow{isFollowing && isHeld && fresh > 0 && " · held while you point at a row"}
        </label>
      )}
    </div>
  );
}
