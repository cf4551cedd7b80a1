import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { RunsNow } from "@/data/runs";
import { BAD, nowQuery } from "@/data/runs";
import { capped } from "@/format/number";
import { cx } from "@/ui/class";
import { useShortcuts } from "@/ui/shortcuts";
import type { Hue, Shown } from "@/ui/Status";
import { HUE_TEXT, lookOf } from "@/ui/Status";
import type { RunsSearch } from "./search";

interface Count {
  word: string;
  shape: Shown;
  search: RunsSearch;
  value: number;
}

/** What goes on now, each a link to its runs. */
export function Counts({ current }: { current: RunsSearch }) {
  const { data: now } = useQuery(nowQuery);
  if (!now) return <div className="h-5" />;
  return <Links current={current} now={now} />;
}

function Links({ current, now }: { current: RunsSearch; now: RunsNow }) {
  const navigate = useNavigate();
  const counts: Count[] = [
    { word: "running", shape: "EXECUTING", search: { status: "EXECUTING,DEQUEUED" }, value: now.running },
    { word: "queued", shape: "QUEUED", search: { status: "QUEUED" }, value: now.queued },
    { word: "waiting", shape: "WAITING", search: { status: "WAITING" }, value: now.waiting },
    { word: "failed · 1h", shape: "FAILED", search: { status: BAD.join(","), period: "1h" }, value: now.failed },
  ];
  useShortcuts(counts.map((one, at) => ({ keys: String(at + 1), label: `Runs ${one.word.replace(" · 1h", " in the last hour")}`, group: "Filters", run: () => void navigate({ to: "/runs", search: one.search }) })));
  return (
    <nav aria-label="Runs by state" className="flex gap-1 overflow-x-auto max-sm:-mx-1 max-sm:w-full max-sm:justify-between">
      {counts.map((one) => {
        const isHere = one.search.status === current.status && one.search.period === current.period;
        const hue: Hue = one.value > 0 ? lookOf(one.shape).hue : "idle";
        return (
          <Link
            key={one.word}
            to="/runs"
            search={isHere ? {} : one.search}
            aria-current={isHere ? "true" : undefined}
            className={cx("inline-flex h-7 items-center gap-1.5 rounded-control px-2 whitespace-nowrap max-sm:gap-1 max-sm:px-1 hover:bg-hover", isHere && "bg-active", HUE_TEXT[hue])}
          >
            {one.value > 0 && <span aria-hidden>{lookOf(one.shape).shape}</span>}
            <span>
              <span className="font-semibold">{capped(one.value, now.limit)}</span> {one.word}
            </span>
          </Link>
        );
      })}
    </nav>
  );
}
