import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Worker } from "@/data/workers";
import { serverNow } from "@/format/time";
import { count, shortId } from "@/format/number";
import { Id } from "@/ui/Code";
import { cx } from "@/ui/class";
import { Facts } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { Ago, Elapsed, useTick } from "@/ui/Time";

const LATE_MS = 15_000;
const RUNS_SHOWN = 8;

/** One worker: where it is, whether it is well, what it executes. */
export function WorkerCard({ worker }: { worker: Worker }) {
  return (
    <li className="flex min-w-0 flex-col rounded-card border border-line bg-panel">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h2 className="min-w-0 truncate font-semibold">
          {worker.host || "worker"} <span className="font-normal text-fg-3">pid {worker.pid}</span>
        </h2>
        <Health worker={worker} />
        {worker.embedded && <Tag>in the server</Tag>}
        {worker.machines?.map((label) => (
          <Tag key={label}>{label}</Tag>
        ))}
      </div>
      <div className="grid gap-4 p-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <Facts
          facts={[
            ["Id", <Id key="id" id={worker.id} />],
            worker.codeVersion !== "" && ["Code", <span key="code" className="font-mono text-xs">{worker.codeVersion}</span>],
            ["Up for", <Elapsed key="up" from={worker.startedAt} />],
            ["Heartbeat", worker.seenAt ? <Ago key="beat" at={worker.seenAt} /> : "none needed: it is part of the server"],
            ["Machines", worker.machines ? worker.machines.join(", ") : "any"],
            worker.waiting > 0 && ["Waiting", `${count(worker.waiting)} ${worker.waiting === 1 ? "run" : "runs"}`],
          ]}
        />
        <div className="flex min-w-0 flex-col gap-3">
          <Slots worker={worker} />
          <Executing worker={worker} />
        </div>
      </div>
    </li>
  );
}

function Health({ worker }: { worker: Worker }) {
  useTick();
  if (worker.leaves) return <Word tone="text-wait" shape="⏏">Leaving: it takes no more runs</Word>;
  const isLate = worker.seenAt !== undefined && serverNow() - Date.parse(worker.seenAt) > LATE_MS;
  if (isLate) return <Word tone="text-bad" shape="!">Not heard of lately</Word>;
  return <Word tone="text-ok" shape="●">Connected</Word>;
}

function Word({ tone, shape, children }: { tone: string; shape: string; children: ReactNode }) {
  return (
    <span className={cx("inline-flex items-center gap-1.5 font-medium whitespace-nowrap", tone)}>
      <span aria-hidden>{shape}</span>
      {children}
    </span>
  );
}

/** Room by lane, where the worker is connected to the server that was asked. */
function Slots({ worker }: { worker: Worker }) {
  const lanes = Object.entries(worker.free ?? {});
  return (
    <div>
      <p className="text-fg-3">Slots</p>
      <p>
        <span className="text-lg font-semibold">{count(worker.executing)}</span> <span className="text-fg-2">executing</span>
      </p>
      {lanes.length > 0 && (
        <ul className="text-xs text-fg-2" aria-label="Free slots">
          {lanes.map(([lane, free]) => (
            <li key={lane} className={free === 0 && !worker.leaves ? "text-wait" : undefined}>
              {count(free)} free · {lane}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Executing({ worker }: { worker: Worker }) {
  if (worker.runs.length === 0) return <p className="text-fg-3">Idle: it waits for runs.</p>;
  const hidden = worker.executing - RUNS_SHOWN;
  return (
    <ul aria-label="Executing" className="-mx-1 flex flex-col">
      {worker.runs.slice(0, RUNS_SHOWN).map((run) => (
        <li key={run.id}>
          <Link to="/runs/$runId" params={{ runId: run.id }} title={run.id} className="flex h-7 items-center gap-2 rounded-control px-1 hover:bg-hover max-sm:h-9">
            <span aria-hidden className="spinning size-3 shrink-0 rounded-full border-[1.5px] border-run/30 border-t-run" />
            <span className="truncate">{run.taskIdentifier}</span>
            <span className="font-mono text-xs text-fg-3">…{shortId(run.id)}</span>
            {run.claimedAt && <Elapsed from={run.claimedAt} className="ml-auto text-xs text-fg-2" />}
          </Link>
        </li>
      ))}
      {hidden > 0 && <li className="px-1 text-xs text-fg-3">and {count(hidden)} more</li>}
    </ul>
  );
}
