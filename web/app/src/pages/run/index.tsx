import type { Run } from "@runcast/client";
import { useRun } from "@runcast/react-hooks";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Span, Trace } from "@/data/trace";
import { useSpan, useTrace, useTraceState } from "@/data/trace";
import { shortId } from "@/format/number";
import { TraceView } from "@/trace/TraceView";
import { Contained } from "@/ui/Contained";
import { Failure, Skeleton } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Split } from "@/ui/Split";
import { STATUS_WORDS } from "@/ui/Status";
import { RunHeader } from "./header";
import { Inspector } from "./inspector";
import { LogsDock } from "./logs";
import { PhoneView } from "./PhoneView";
import { useIsPhone } from "./useIsPhone";
import { useNeighbours } from "./useNeighbours";

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
  const span = useSpan(trace, step ?? runId);
  const isPhone = useIsPhone();
  useNeighbours(runId);
  const select = useCallback(
    (id: string) => void navigate({ search: ({ step: _, ...before }) => (id === runId ? before : { ...before, step: id }), replace: true }),
    [navigate, runId],
  );
  const failure = error ?? traceError;
  if (!run) return <Page title="Run">{failure ? <Failure error={failure} /> : <Skeleton />}</Page>;
  return (
    <Page title={`${STATUS_WORDS[run.status]} · ${run.taskIdentifier} ${shortId(run.id)}`} header={<RunHeader run={run} trace={trace} />} className="flex overflow-hidden">
      {isPhone ? <PhoneView run={run} trace={trace} span={span} onSelect={select} /> : <Panes run={run} trace={trace} span={span} onSelect={select} />}
    </Page>
  );
}

export interface PanesProps {
  run: Run;
  trace: Trace;
  span: Span | undefined;
  onSelect: (id: string) => void;
}

function Panes({ run, trace, span, onSelect }: PanesProps) {
  const { tab } = useSearch({ from: "/runs/$runId" });
  const at = `${span?.id} ${tab}`;
  const steps = (
    <Contained of={run.id}>
      <TraceView trace={trace} selected={span?.id} onSelect={onSelect} />
    </Contained>
  );
  const logs = (
    <Contained of={at}>
      <LogsDock run={run} trace={trace} span={span} />
    </Contained>
  );
  return (
    <Split
      name="inspector"
      direction="row"
      size={384}
      min={280}
      className="flex-1"
      first={<Split name="logs" direction="column" size={232} min={80} className="flex-1" first={steps} second={logs} />}
      second={
        <Contained of={at}>
          <Inspector run={run} trace={trace} span={span} />
        </Contained>
      }
    />
  );
}
