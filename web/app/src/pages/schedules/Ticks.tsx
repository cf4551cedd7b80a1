import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { scheduleRunsQuery, ticksQuery } from "@/data/schedules";
import type { Tick } from "@/data/schedules";
import { duration } from "@/format/duration";
import { dayInZone } from "@/format/time";
import { Section } from "@/ui/Page";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";

const DECIDED: Record<Tick["outcome"], string> = { started: "Started", skipped: "Skipped: a run was still going on", missed: "Missed: it was too late" };

/** What was decided at each tick, and what became of its run. */
export function Ticks({ id, timezone }: { id: string; timezone: string }) {
  const { data: ticks } = useQuery(ticksQuery(id));
  const { data: runs } = useQuery(scheduleRunsQuery(id, 50));
  const byId = new Map(runs?.map((run) => [run.id, run]));
  return (
    <Section
      title="History"
      actions={
        <Link to="/runs" search={{ schedule: id }} className="text-xs text-fg-2 hover:text-fg hover:underline">
          All its runs
        </Link>
      }
    >
      {ticks?.length === 0 && <p className="p-4 text-fg-2">It has not ticked yet. Its next fifty ticks will be listed here, with their runs.</p>}
      {ticks && ticks.length > 0 && (
        <table aria-label="Ticks" className="w-full text-left">
          <thead>
            <tr className="h-8 border-b border-line text-2xs tracking-wide text-fg-3 uppercase">
              <th scope="col" className="px-4 font-medium">
                Tick
              </th>
              <th scope="col" className="px-4 font-medium">
                Run
              </th>
              <th scope="col" className="px-4 font-medium max-sm:hidden">
                Took
              </th>
              <th scope="col" className="px-4 font-medium max-sm:hidden">
                Decided
              </th>
            </tr>
          </thead>
          <tbody>
            {ticks.map((tick) => {
              const run = tick.runId ? byId.get(tick.runId) : undefined;
              return (
                <tr key={`${tick.timestamp} ${tick.decidedAt} ${tick.runId}`} className="h-9 border-b border-line last:border-b-0">
                  <td className="px-4 whitespace-nowrap">
                    {dayInZone(tick.timestamp, timezone)}
                    {tick.manual && <span className="ml-2 text-xs text-fg-3">run by hand</span>}
                  </td>
                  <td className="px-4">
                    {tick.runId ? (
                      <Link to="/runs/$runId" params={{ runId: tick.runId }} className="hover:underline">
                        {run ? <Status status={run.status} /> : "Run"}
                      </Link>
                    ) : (
                      <span className="text-fg-3">{DECIDED[tick.outcome]}</span>
                    )}
                  </td>
                  <td className="px-4 max-sm:hidden">{run?.durationMs ? duration(run.durationMs) : ""}</td>
                  <td className="px-4 text-xs text-fg-3 max-sm:hidden">
                    <Ago at={tick.decidedAt} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Section>
  );
}
