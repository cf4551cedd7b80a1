import { Link } from "@tanstack/react-router";
import { count } from "@/format/number";
import { moment } from "@/format/time";
import { Json } from "@/ui/Json";
import { Facts } from "@/ui/Page";
import { Status } from "@/ui/Status";
import { Elapsed } from "@/ui/Time";
import { ErrorCard } from "./ErrorCard";
import { Heading } from "./Heading";
import type { OverviewProps } from "./Overview";
import { StreamView } from "./StreamView";
import { WaitCards } from "./WaitCard";
import { When } from "./When";

const STREAMS_SHOWN = 4;

/** The kinds of a journal's entries, as people say them. */
const KINDS: Record<string, string> = {
  attempt: "attempt",
  step: "step",
  child: "child run",
  trigger: "triggered run",
  batch: "batch",
  result: "result of another run",
  sleep: "sleep",
  token: "wait for an answer",
  create: "question asked",
  decision: "which came first",
  value: "recorded value",
  message: "wait for a message",
  log: "log line",
};

/** What a run did: a step, a wait, a child. */
export function StepOverview({ span, entry, journal, run }: OverviewProps) {
  if (!span) return null;
  const error = entry?.error ?? span.error;
  const isAnswered = span.kind === "token" || span.kind === "create";
  return (
    <>
      {isAnswered && <WaitCards journal={journal?.filter((one) => one.awaits !== undefined && one.awaits === entry?.awaits)} />}
      {error && <ErrorCard error={error} isRecovered={span.isRecovered} />}
      <section className="flex flex-col gap-2">
        <h2 className="font-semibold">{span.name}</h2>
        <Facts
          facts={[
            ["Status", <Status key="s" status={span.status} />],
            ["Kind", KINDS[span.kind] ?? span.kind],
            ["Started", <When key="b" at={span.startedAt} />],
            span.finishedAt !== undefined && ["Finished", <When key="f" at={span.finishedAt} />],
            ["Duration", <Elapsed key="d" from={span.startedAt} to={span.finishedAt} />],
            span.dueAt !== undefined && ["Until", moment(span.dueAt)],
            span.tries > 1 && ["Tries", count(span.tries)],
            span.attempt !== undefined && ["Attempt", count(span.attempt)],
            span.childRunId !== undefined && ["Run", <RunLink key="r" id={span.childRunId} />],
            span.key !== undefined && ["Key", <code key="k" className="font-mono text-xs break-all">{span.key}</code>],
          ]}
        />
      </section>
      {entry && "value" in entry && (
        <section className="flex flex-col gap-2">
          <Heading>{span.kind === "step" ? "Returned" : "Value"}</Heading>
          <Json value={entry.value} />
        </section>
      )}
      {span.status === "EXECUTING" && (run.streams ?? []).slice(0, STREAMS_SHOWN).map((name) => <StreamView key={name} runId={run.id} name={name} isRunning />)}
    </>
  );
}

function RunLink({ id }: { id: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId: id }} className="font-mono text-xs text-accent hover:underline">
      {id}
    </Link>
  );
}
