import type { Run } from "@runcast/client";
import { Link } from "@tanstack/react-router";
import type { Batch } from "@/data/batches";
import { count, money, percent } from "@/format/number";
import { cx } from "@/ui/class";
import { Stat, Stats } from "@/ui/Stat";
import type { Hue } from "@/ui/Status";
import { HUE_BAR, HUE_TEXT } from "@/ui/Status";
import { Elapsed } from "@/ui/Time";
import type { Group } from "./groups";
import { countGroups, GROUPS } from "./groups";

const HUES: Record<Group, Hue> = { completed: "ok", failed: "bad", canceled: "idle", running: "run", waiting: "wait", queued: "idle" };
const WORDS: Record<Group, string> = { completed: "Completed", failed: "Failed", canceled: "Canceled or expired", running: "Running", waiting: "Waiting", queued: "Queued" };

/** How far a batch is, by what became of its runs. A count narrows the list below. */
export function BatchProgress({ batch, runs, only }: { batch: Batch; runs: readonly Run[]; only: Group | undefined }) {
  const counts = countGroups(runs);
  const refused = batch.processing.errors.length;
  const ended = counts.completed + counts.failed + counts.canceled + refused;
  const total = Math.max(batch.runCount, runs.length + refused, 1);
  const isOver = ended >= total;
  const cost = runs.reduce((sum, run) => sum + (run.costInCents ?? 0), 0);
  const lastEnd = runs.map((run) => run.finishedAt ?? "").sort().at(-1);
  return (
    <>
      <Stats>
        <Stat label="Ended" value={`${count(ended)} of ${count(total)}`} note={percent(ended / total)} />
        <Stat label={isOver ? "Took" : "Elapsed"} value={<Elapsed from={batch.createdAt} to={isOver ? (lastEnd || batch.updatedAt) : undefined} />} />
        {refused > 0 && <Stat label="Refused items" value={count(refused)} hue="wait" />}
        {cost > 0 && <Stat label="Cost" value={money(cost)} />}
      </Stats>
      <div role="progressbar" aria-label="Ended" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor((ended / total) * 100)} className="flex h-2.5 overflow-hidden rounded-full bg-hover">
        {GROUPS.filter((group) => group !== "queued").map((group) => counts[group] > 0 && <div key={group} className={cx(HUE_BAR[HUES[group]], group === "running" && "striped", "transition-[width] duration-150")} style={{ width: `${(counts[group] / total) * 100}%` }} />)}
      </div>
      <ul className="flex flex-wrap gap-2" aria-label="Runs by state">
        {GROUPS.map((group) => (
          <li key={group}>
            <Link
              to="/batches/$id"
              params={{ id: batch.id }}
              search={only === group ? {} : { only: group }}
              replace
              aria-current={only === group ? "true" : undefined}
              className={cx("inline-flex h-7 items-center gap-2 rounded-control border px-2.5 max-sm:h-9", only === group ? "border-accent bg-active" : "border-line hover:bg-hover")}
            >
              <span aria-hidden className={cx("size-2 rounded-full", HUE_BAR[HUES[group]])} />
              <span className={counts[group] > 0 ? HUE_TEXT[HUES[group]] : "text-fg-3"}>{WORDS[group]}</span>
              <span className={counts[group] > 0 ? "font-semibold" : "text-fg-3"}>{count(counts[group])}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
