import type { Run } from "@runcast/client";
import { Link, useNavigate } from "@tanstack/react-router";
import { shortId } from "@/format/number";
import { Status } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { Ago, Elapsed } from "@/ui/Time";

const STATUS: Column<Run> = { key: "status", label: "Status", cell: (run) => <Status status={run.status} />, className: "w-32" };
const RUN: Column<Run> = {
  key: "run",
  label: "Run",
  cell: (run) => (
    <Link to="/runs/$runId" params={{ runId: run.id }} title={run.id} className="font-mono text-xs whitespace-nowrap hover:underline">
      …{shortId(run.id)}
    </Link>
  ),
};
const TASK: Column<Run> = { key: "task", label: "Task", cell: (run) => <span className="font-medium break-all">{run.taskIdentifier}</span> };
const TOOK: Column<Run> = { key: "took", label: "Duration", isWide: true, cell: (run) => <span className="text-fg-2">{run.startedAt ? <Elapsed from={run.startedAt} to={run.finishedAt} /> : "–"}</span>, className: "w-28" };
const CREATED: Column<Run> = { key: "created", label: "Created", cell: (run) => <Ago at={run.createdAt} className="whitespace-nowrap text-fg-2" />, className: "w-28" };
const TAGS: Column<Run> = {
  key: "tags",
  label: "Tags",
  isWide: true,
  cell: (run) => (
    <span className="flex gap-1 overflow-hidden">
      {run.isTest && <Tag>test</Tag>}
      {run.tags.slice(0, 3).map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
    </span>
  ),
};

/** Runs as a small table, below what they belong to. */
export function RunTable({ runs, label, withTask }: { runs: readonly Run[]; label: string; withTask?: boolean }) {
  const navigate = useNavigate();
  const columns = [STATUS, ...(withTask ? [TASK] : []), { ...RUN, isWide: withTask ?? false }, CREATED, TOOK, TAGS];
  return <Table label={label} rows={runs} columns={columns} keyOf={(run) => run.id} onOpen={(run) => void navigate({ to: "/runs/$runId", params: { runId: run.id } })} />;
}
