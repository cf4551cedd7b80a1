import { useQueryClient } from "@tanstack/react-query";
import { useRecentRuns } from "@/data/recent";
import { payloadQuery } from "@/data/tasks";
import { shortId } from "@/format/number";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";
import { attempt, failed } from "@/ui/toast";

const SHOWN = 8;

/** What the task was given lately, to begin with. */
export function RecentPayloads({ task, onChoose }: { task: string; onChoose: (payload: unknown) => void }) {
  const client = useQueryClient();
  const { data } = useRecentRuns({ "filter[taskIdentifier]": task }, (run) => run.taskIdentifier === task, { size: SHOWN });
  const take = async (id: string) => {
    const run = await attempt("The payload could not be read", () => client.fetchQuery(payloadQuery(id)));
    if (run?.payloadPresignedUrl) failed("The payload is too large for a form", "Download it from the page of the run.");
    else if (run) onChoose(run.payload);
  };
  if (!data || data.data.length === 0) return <p className="p-4 text-fg-2">It has not run yet.</p>;
  return (
    <ul>
      {data.data.map((run) => (
        <li key={run.id} className="border-b border-line last:border-0">
          <button type="button" onClick={() => void take(run.id)} className="flex h-9 w-full items-center gap-3 px-4 text-left hover:bg-hover" title={`Begin with the payload of ${run.id}`}>
            <Status status={run.status} iconOnly />
            <span className="font-mono text-xs">…{shortId(run.id)}</span>
            <Ago at={run.createdAt} className="ml-auto text-xs text-fg-3" />
          </button>
        </li>
      ))}
    </ul>
  );
}
