import { useRun } from "@runcast/react-hooks";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { shortId } from "@/format/number";
import { useSpan, useTrace, useTraceState } from "@/data/trace";
import { TraceView } from "@/trace/TraceView";
import { Failure, Skeleton } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Split } from "@/ui/Split";
import { RunHeader } from "./header";
import { Inspector } from "./inspector";
import { LogsDock } from "./logs";

/** A run: what it is above, its trace and its logs at the left, what is selected at the right. */
export default function RunPage() {
  const { runId } = useParams({ from: "/runs/$runId" });
  // Another run is another page: nothing of the one before stays.
  return <OneRun key={runId} runId={runId} />;
}

function OneRun({ runId }: { runId: string }) {
  const { step } = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { run, error } = useRun(runId);
  const trace = useTrace(runId);
  const { error: traceError } = useTraceState(trace);
  const span = useSpan(trace, step ?? trace.store.spans()[0]?.id);
  const select = (id: string) => void navigate({ search: (before) => ({ ...before, step: id }), replace: true });
  const failure = error ?? traceError;
  if (!run) return <Page title="Run">{failure ? <Failure error={failure} /> : <Skeleton />}</Page>;
  return (
    <Page title={`${run.taskIdentifier} ${shortId(run.id)}`} header={<RunHeader run={run} trace={trace} />} className="flex overflow-hidden">
      <Split
        name="inspector"
        direction="row"
        size={384}
        min={280}
        className="flex-1"
        first={<Split name="logs" direction="column" size={200} min={80} className="flex-1" first={<TraceView trace={trace} selected={span?.id} onSelect={select} />} second={<LogsDock run={run} trace={trace} span={span} />} />}
        second={<Inspector run={run} trace={trace} span={span} />}
      />
    </Page>
  );
}
