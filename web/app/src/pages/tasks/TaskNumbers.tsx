import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Period, TaskStats } from "@/data/tasks";
import { failedOf, failureRate, oneTaskStatsQuery, PERIODS, sumOf } from "@/data/tasks";
import { duration } from "@/format/duration";
import { count, plural } from "@/format/number";
import { Bars } from "@/ui/Bars";
import { cx } from "@/ui/class";
import { Section } from "@/ui/Page";
import { Stat, Stats } from "@/ui/Stat";
import { Ago } from "@/ui/Time";
import { barsOf, rateText } from "./counts";

const route = getRouteApi("/tasks/$name");
const NONE: TaskStats = { taskIdentifier: "", totals: {}, buckets: [], measured: 0 };

/** How often it ran, how often it failed, how long it took. */
export function TaskNumbers({ task }: { task: string }) {
  const { period = "24h" } = route.useSearch();
  const { data } = useQuery(oneTaskStatsQuery(task, period));
  const stats = data?.data[0] ?? NONE;
  const { totals } = stats;
  const failed = failedOf(totals);
  const live = sumOf(totals, ["QUEUED", "DEQUEUED", "EXECUTING", "WAITING", "DELAYED", "PENDING_VERSION"]);
  const sample = stats.measured > 0 ? `of ${plural(stats.measured, "completed run")}` : "none completed";
  return (
    <Section title="Runs" actions={<PeriodChoice task={task} current={period} />}>
      <div className="flex flex-col gap-4 p-4">
        <Stats>
          <Stat label="Runs" value={data ? count(sumOf(totals)) : "…"} note={data && !data.complete ? "the newest of more" : undefined} />
          <Stat label="Failed" value={rateText(failureRate(totals))} hue={failed > 0 ? "bad" : undefined} note={failed > 0 ? plural(failed, "run") : undefined} />
          <Stat label="In progress" value={count(live)} hue={live > 0 ? "run" : undefined} />
          <Stat label="Execution, p50" value={stats.p50Ms === undefined ? "–" : duration(stats.p50Ms)} note={sample} />
          <Stat label="Execution, p95" value={stats.p95Ms === undefined ? "–" : duration(stats.p95Ms)} />
        </Stats>
        {data && (
          <div>
            <Bars className="h-16" label={`Runs over the last ${period}: ${plural(sumOf(totals), "run")}, ${count(failed)} failed`} bars={barsOf(stats.buckets.length > 0 ? stats.buckets : Array.from({ length: 96 }, () => ({})), data)} />
            <div className="mt-1 flex justify-between text-2xs text-fg-3">
              <Ago at={data.since} />
              <span>now</span>
            </div>
          </div>
        )}
      </div>
    </Section>
  );
}

function PeriodChoice({ task, current }: { task: string; current: Period }) {
  const navigate = useNavigate();
  return (
    <span role="group" aria-label="Time" className="flex gap-0.5">
      {PERIODS.map((period) => (
        <button
          key={period}
          type="button"
          aria-pressed={period === current}
          onClick={() => void navigate({ to: "/tasks/$name", params: { name: task }, search: { period }, replace: true })}
          className={cx("h-6 rounded-control px-2 text-xs", period === current ? "bg-active font-medium text-fg" : "text-fg-2 hover:bg-hover")}
        >
          {period}
        </button>
      ))}
    </span>
  );
}
