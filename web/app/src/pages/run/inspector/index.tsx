import type { Run } from "@runcast/client";
import { useRun } from "@runcast/react-hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useFreshParts } from "@/data/freshRun";
import { artifactsQuery, wholeRunQuery } from "@/data/run";
import type { Span, Trace } from "@/data/trace";
import { useEntries, useEntry } from "@/data/trace";
import { Skeleton } from "@/ui/Empty";
import { Tabs } from "@/ui/Tabs";
import { Artifacts } from "./Artifacts";
import { Code } from "./CodePlace";
import { Journal } from "./Journal";
import { LogsOf } from "./LogsOf";
import { Metadata } from "./Metadata";
import { Overview } from "./Overview";
import { Streams } from "./Streams";
import type { TabName } from "./tabs";
import { readTab, shownTabs } from "./tabs";
import { Input, Output } from "./Values";

/** What is known about the selected span; about the run itself when none is selected. */
export function Inspector({ run, trace, span }: { run: Run; trace: Trace; span: Span | undefined }) {
  const isOther = span !== undefined && span.runId !== run.id;
  const { run: other } = useRun(isOther ? span.runId : undefined);
  const shown = isOther ? other : run;
  return (
    <section aria-label="Inspector" className="flex h-full min-h-0 flex-col bg-panel">
      {shown ? <Shown key={shown.id} run={shown} trace={trace} span={span} isOther={isOther} /> : <Skeleton />}
    </section>
  );
}

export interface Inspected {
  /** The run that the span is of. */
  run: Run;
  /** Absent: the run itself is looked at. */
  span: Span | undefined;
  trace: Trace;
}

function Shown({ run, trace, span: selected, isOther }: Inspected & { isOther: boolean }) {
  useFreshParts(run.id);
  const search = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { data: artifacts } = useQuery(artifactsQuery(run.id));
  const journal = useEntries(trace, run.id);
  const { data: whole } = useQuery(wholeRunQuery(run.id));
  const span = selected?.kind === "run" ? undefined : selected;
  const tab = readTab(search.tab);
  const show = (name: TabName) => void navigate({ search: ({ tab: _, ...before }) => (name === "overview" ? before : { ...before, tab: name }), replace: true });
  const entry = useEntry(run.id, journal?.find((one) => one.key === span?.key));
  const given = { run, span, trace, whole, entry };
  return (
    <Tabs<TabName>
      current={tab}
      onChange={show}
      tabs={shownTabs(tab, {
        overview: true,
        input: true,
        output: true,
        logs: true,
        stream: run.streams?.length,
        artifacts: artifacts?.length,
        journal: journal?.length,
        metadata: run.metadata !== undefined && Object.keys(run.metadata).length > 0,
        code: true,
      })}
    >
      <div className="flex flex-col gap-4 p-4">
        {tab === "overview" && <Overview {...given} isOther={isOther} journal={journal} artifacts={artifacts} onShow={show} />}
        {tab === "input" && <Input {...given} />}
        {tab === "output" && <Output {...given} />}
        {tab === "logs" && <LogsOf {...given} />}
        {tab === "stream" && <Streams run={run} />}
        {tab === "artifacts" && <Artifacts runId={run.id} artifacts={artifacts} />}
        {tab === "metadata" && <Metadata run={run} />}
        {tab === "journal" && <Journal run={run} journal={journal} selected={span?.key} />}
        {tab === "code" && <Code {...given} />}
      </div>
    </Tabs>
  );
}
