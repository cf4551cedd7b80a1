import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { scheduleRunsQuery } from "@/data/schedules";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";

/** How the newest run of a schedule is doing. */
export function LastRun({ id }: { id: string }) {
  const { data } = useQuery(scheduleRunsQuery(id, 1));
  const run = data?.[0];
  if (!data) return null;
  if (!run) return <span className="text-fg-3">never</span>;
  return (
    <Link to="/runs/$runId" params={{ runId: run.id }} className="inline-flex items-center gap-2 hover:underline">
      <Status status={run.status} />
      <Ago at={run.createdAt} className="text-xs whitespace-nowrap text-fg-3" />
    </Link>
  );
}
