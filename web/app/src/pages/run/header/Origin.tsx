import type { Run } from "@runcast/client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shortId } from "@/format/number";
import type { Attempts, WholeRun } from "@/data/run";
import { CopyButton } from "@/ui/Code";
import { Ago } from "@/ui/Time";
import { To } from "../To";

/** Where a run comes from and where it is done: the schedule, the parent, the queue, the worker. */
export function Origin({ run, whole, attempts }: { run: Run; whole: WholeRun | undefined; attempts: Attempts | undefined }) {
  if (!whole) return <div className="h-7" />;
  const { parent, root } = whole.relatedRuns ?? {};
  const worker = attempts?.worker;
  return (
    <dl className="flex min-h-7 flex-wrap items-center gap-x-5 gap-y-0.5 px-4 py-1 text-xs max-sm:hidden">
      <Fact label="From">{sourceOf(whole)}</Fact>
      <Fact label="Created">
        <Ago at={run.createdAt} />
      </Fact>
      {parent && <Fact label="Parent">{runLink(parent)}</Fact>}
      {root && root.id !== parent?.id && <Fact label="Root">{runLink(root)}</Fact>}
      {run.batchId && (
        <Fact label="Batch">
          <To path={`/batches/${encodeURIComponent(run.batchId)}`} className="font-mono">
            {shortId(run.batchId)}
          </To>
        </Fact>
      )}
      {attempts?.resumedFromId && <Fact label="Goes on from">{idLink(attempts.resumedFromId)}</Fact>}
      {attempts?.continuedById && <Fact label="Went on as">{idLink(attempts.continuedById)}</Fact>}
      {whole.replayedRunId && <Fact label="Replay of">{idLink(whole.replayedRunId)}</Fact>}
      {whole.queue && (
        <Fact label="Queue">
          <To path={`/queues/${encodeURIComponent(whole.queue)}`}>{whole.queue}</To>
          {whole.concurrencyKey && <span className="text-fg-3">· key {whole.concurrencyKey}</span>}
        </Fact>
      )}
      {worker && (
        <Fact label="Worker">
          <To path="/workers" title={`${worker.id}, process ${worker.pid}`}>
            {worker.host}
          </To>
          {!worker.isConnected && <span className="text-fg-3">(gone)</span>}
        </Fact>
      )}
      {worker?.codeVersion && (
        <Fact label="Version">
          <span className="font-mono">{worker.codeVersion.slice(0, 12)}</span>
        </Fact>
      )}
      {run.idempotencyKey && (
        <Fact label="Idempotency key">
          <span className="inline-block max-w-48 truncate align-bottom font-mono" title={run.idempotencyKey}>
            {run.idempotencyKey}
          </span>
          <CopyButton text={run.idempotencyKey} label="Copy idempotency key" className="size-5" />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5 whitespace-nowrap">
      <dt className="text-fg-3">{label}</dt>
      <dd className="inline-flex items-center gap-1">{children}</dd>
    </div>
  );
}

/** Who triggered it, in words. */
function sourceOf(run: WholeRun): ReactNode {
  if (run.schedule) {
    const { id, generator, deduplicationKey } = run.schedule;
    return (
      <To path={`/schedules/${encodeURIComponent(id)}`} title={generator.description}>
        schedule {deduplicationKey ?? generator.expression}
      </To>
    );
  }
  if (run.relatedRuns?.parent) return `a run of ${run.relatedRuns.parent.taskIdentifier}`;
  if (run.replayedRunId) return "a replay";
  if (run.batchId) return "a batch";
  return run.isTest ? "the test form" : "the API or code";
}

const idLink = (id: string) => (
  <Link to="/runs/$runId" params={{ runId: id }} className="font-mono text-accent hover:underline">
    {shortId(id)}
  </Link>
);

const runLink = (run: Run) => (
  <Link to="/runs/$runId" params={{ runId: run.id }} className="text-accent hover:underline">
    {run.taskIdentifier} <span className="font-mono text-fg-3">{shortId(run.id)}</span>
  </Link>
);
