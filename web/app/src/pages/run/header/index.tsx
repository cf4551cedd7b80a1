import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { Trace } from "@/data/trace";
import { useFreshParts } from "@/data/freshRun";
import { attemptsQuery, wholeRunQuery } from "@/data/run";
import { useSpan } from "@/data/trace";
import { ConnectionPill } from "@/ui/ConnectionPill";
import { Id } from "@/ui/Code";
import { Status } from "@/ui/Status";
import { Tag } from "@/ui/Tag";
import { To } from "../To";
import { Actions } from "../actions";
import { useCanceling } from "../actions/canceling";
import { FailureLine } from "./FailureLine";
import { Origin } from "./Origin";
import { Stopping } from "./Stopping";
import { Strip } from "./Strip";
import { Why } from "./Why";

/** Where one is, what can be done, how far it is, and what is in the way. */
export function RunHeader({ run, trace }: { run: Run; trace: Trace }) {
  const { step } = useSearch({ from: "/runs/$runId" });
  const span = useSpan(trace, step);
  useFreshParts(run.id);
  const { data: whole } = useQuery(wholeRunQuery(run.id));
  const { data: attempts } = useQuery(attemptsQuery(run.id));
  const isCanceling = useCanceling(run.id) && !run.isCompleted;
  return (
    <div className="shrink-0 border-b border-line bg-panel">
      <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <Link to="/runs" className="text-fg-3 hover:text-fg max-sm:hidden">
          Runs
        </Link>
        <span aria-hidden className="text-line-strong max-sm:hidden">
          /
        </span>
        <h1 className="min-w-0 truncate text-base font-semibold">{run.taskIdentifier}</h1>
        <Id id={run.id} className="max-sm:hidden" />
        <span className="inline-flex h-6 items-center rounded-full border border-line px-2.5" aria-live="polite">
          <Status status={run.status} {...(isCanceling ? { word: "Canceling…" } : {})} />
        </span>
        {run.isSuccess && attempts?.counts?.outcome === "partial" && <Status status="PARTIAL" />}
        {run.isTest && <Tag>test</Tag>}
        <ul aria-label="Tags" className="flex min-w-0 gap-1 overflow-hidden max-lg:hidden">
          {run.tags.slice(0, 4).map((tag) => (
            <li key={tag}>
              <To path="/runs" search={{ tag }}>
                <Tag className="hover:bg-hover">{tag}</Tag>
              </To>
            </li>
          ))}
          {run.tags.length > 4 && <li className="text-2xs text-fg-3">+{run.tags.length - 4}</li>}
        </ul>
        <span className="ml-auto max-sm:hidden">
          <ConnectionPill />
        </span>
        <Actions run={run} trace={trace} whole={whole} attempts={attempts} span={span} />
      </header>
      <Strip run={run} whole={whole} attempts={attempts} trace={trace} />
      {run.error && run.status !== "CANCELED" && <FailureLine run={run} attempts={attempts} />}
      <Stopping run={run} attempts={attempts} />
      <Why run={run} attempts={attempts} />
      <Origin run={run} whole={whole} attempts={attempts} />
    </div>
  );
}
