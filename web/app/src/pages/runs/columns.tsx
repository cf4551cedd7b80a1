import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ListedRun } from "@/data/runs";
import { money, shortId } from "@/format/number";
import { moment } from "@/format/time";
import { Status } from "@/ui/Status";
import { Tag } from "@/ui/Tag";
import { Ago, Elapsed } from "@/ui/Time";
import { Children } from "./Children";
import { Doing } from "./Doing";

export interface RunColumn {
  key: string;
  label: string;
  cell: (run: ListedRun) => ReactNode;
  /** Width, and from which width of the page on it is shown. */
  className?: string;
  /** Not shown until somebody chooses it. */
  isExtra?: boolean;
}

const dim = "text-fg-2 whitespace-nowrap";

export const shownStatus = (run: ListedRun) => (run.retryAt ? ("RETRYING" as const) : run.status);

export function RunLink({ run }: { run: ListedRun }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run.id }} title={run.id} className="font-mono text-xs text-fg-2 hover:text-fg hover:underline">
      {shortId(run.id)}
    </Link>
  );
}

export function Took({ run }: { run: ListedRun }) {
  if (!run.startedAt) return <span className="text-fg-3">–</span>;
  return <Elapsed from={run.startedAt} to={run.isCompleted ? (run.finishedAt ?? run.updatedAt) : undefined} className={dim} />;
}

export const COLUMNS: readonly RunColumn[] = [
  { key: "status", label: "Status", className: "w-32", cell: (run) => <Status status={shownStatus(run)} /> },
  { key: "task", label: "Task", className: "w-[15%]", cell: (run) => <span className="font-semibold">{run.taskIdentifier}</span> },
  { key: "run", label: "Run", className: "w-22", cell: (run) => <RunLink run={run} /> },
  { key: "progress", label: "Progress", cell: (run) => <Doing run={run} /> },
  { key: "children", label: "Children", className: "w-32 max-xl:w-24", cell: (run) => <Children run={run} /> },
  { key: "created", label: "Created", className: "w-22", cell: (run) => <Ago at={run.createdAt} className={dim} /> },
  { key: "duration", label: "Duration", className: "w-22", cell: (run) => <Took run={run} /> },
  { key: "cost", label: "Cost", className: "w-20 max-lg:hidden", cell: (run) => <span className="text-fg-3">{run.costInCents > 0 ? money(run.costInCents) : "–"}</span> },
  { key: "tags", label: "Tags", className: "w-[12%] max-lg:hidden", cell: (run) => <Tags run={run} /> },
  { key: "queue", label: "Queue", className: "w-28 max-lg:hidden", isExtra: true, cell: (run) => <span className={dim}>{run.queue}</span> },
  { key: "attempts", label: "Attempts", className: "w-20", isExtra: true, cell: (run) => <span className={dim}>{`${run.attemptCount ?? 0}${run.maxAttempts ? `/${run.maxAttempts}` : ""}`}</span> },
  { key: "at", label: "Created at", className: "w-40", isExtra: true, cell: (run) => <span className={dim}>{moment(run.createdAt)}</span> },
  { key: "key", label: "Idempotency key", className: "w-32", isExtra: true, cell: (run) => <span className={dim}>{run.idempotencyKey}</span> },
];

function Tags({ run }: { run: ListedRun }) {
  return (
    <span className="flex gap-1 overflow-hidden">
      {run.isTest && <Tag>test</Tag>}
      {run.tags.slice(0, 3).map((tag) => (
        <Link key={tag} to="/runs" search={{ tag }} aria-label={`Runs with the tag ${tag}`} className="min-w-0 rounded hover:bg-hover">
          <Tag className="max-w-full">
            <span className="truncate">{tag}</span>
          </Tag>
        </Link>
      ))}
    </span>
  );
}
