import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical, ListTree } from "lucide-react";
import { useMemo } from "react";
import type { AllTaskStats, Task, TaskStats } from "@/data/tasks";
import { failedOf, failureRate, sumOf, taskStatsQuery, tasksQuery } from "@/data/tasks";
import { duration } from "@/format/duration";
import { count, plural } from "@/format/number";
import { Bars } from "@/ui/Bars";
import { cx } from "@/ui/class";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { Search } from "@/ui/Search";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { barsOf, rateText } from "./counts";

const route = getRouteApi("/tasks");

interface Row {
  task: Task;
  stats: TaskStats | undefined;
}

/** What workers can do, and how it went in the last day. */
export default function Tasks() {
  const { q = "" } = route.useSearch();
  const navigate = useNavigate();
  const tasks = useQuery(tasksQuery);
  const { data: stats } = useQuery(taskStatsQuery);
  const rows = useMemo(() => {
    const of = new Map(stats?.data.map((one) => [one.taskIdentifier, one]));
    const asked = q.toLowerCase();
    return (tasks.data?.data ?? [])
      .filter((task) => `${task.name} ${task.queue} ${task.description}`.toLowerCase().includes(asked))
      .map((task): Row => ({ task, stats: of.get(task.name) }));
  }, [tasks.data, stats, q]);
  return (
    <Page
      title="Tasks"
      header={
        <Header title="Tasks">
          <Search value={q} label="Find a task" onChange={(text) => void navigate({ to: "/tasks", search: text ? { q: text } : {}, replace: true })} />
          <span aria-live="polite" className="text-fg-3 max-sm:hidden">
            {tasks.data && plural(rows.length, "task")}
          </span>
        </Header>
      }
    >
      {tasks.data ? (
        rows.length > 0 ? (
          <Table label="Tasks" rows={rows} columns={columnsOf(stats)} keyOf={(row) => row.task.name} onOpen={(row) => void navigate({ to: "/tasks/$name", params: { name: row.task.name } })} />
        ) : (
          <Nothing q={q} />
        )
      ) : tasks.error ? (
        <Failure error={tasks.error} onRetry={() => void tasks.refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function columnsOf(all: AllTaskStats | undefined): Column<Row>[] {
  return [
    {
      key: "task",
      label: "Task",
      className: "w-full max-w-0 min-w-36",
      cell: ({ task }) => (
        <span className="flex min-w-0 flex-col">
          <Link to="/tasks/$name" params={{ name: task.name }} className="truncate font-medium hover:underline">
            {task.name}
          </Link>
          {task.description && <span className="truncate text-xs text-fg-3">{task.description.split("\n")[0]}</span>}
        </span>
      ),
    },
    { key: "queue", label: "Queue", isWide: true, cell: ({ task }) => <span className="whitespace-nowrap text-fg-2">{task.queue}</span> },
    { key: "schedule", label: "Schedule", isWide: true, className: "max-lg:hidden", cell: ({ task }) => <span className="font-mono text-xs whitespace-nowrap text-fg-2">{task.schedule}</span> },
    {
      key: "day",
      label: "Last 24 h",
      isWide: true,
      className: "min-w-48",
      cell: ({ task, stats }) => all && <Bars label={`Runs of ${task.name} in the last 24 hours`} bars={barsOf(stats?.buckets ?? Array.from({ length: 24 }, () => ({})), all)} />,
    },
    { key: "runs", label: "Runs", className: "text-right", cell: ({ stats }) => (stats ? count(sumOf(stats.totals)) : <span className="text-fg-3">0</span>) },
    { key: "failed", label: "Failed", className: "text-right", cell: ({ stats }) => <FailedCell stats={stats} /> },
    { key: "p50", label: "p50", isWide: true, className: "text-right", cell: ({ stats }) => <Took ms={stats?.p50Ms} /> },
    { key: "p95", label: "p95", isWide: true, className: "text-right max-lg:hidden", cell: ({ stats }) => <Took ms={stats?.p95Ms} /> },
    {
      key: "test",
      label: <span className="sr-only">Test</span>,
      isWide: true,
      className: "w-16 text-right",
      cell: ({ task }) => (
        <Link to="/test/$name" params={{ name: task.name }} aria-label={`Test ${task.name}`} title="Test" className="inline-flex size-7 items-center justify-center rounded-control text-fg-2 hover:bg-hover hover:text-fg">
          <FlaskConical aria-hidden className="size-4" />
        </Link>
      ),
    },
  ];
}

function FailedCell({ stats }: { stats: TaskStats | undefined }) {
  const failed = stats ? failedOf(stats.totals) : 0;
  return (
    <span className={cx("whitespace-nowrap", failed > 0 ? "text-bad" : "text-fg-3")} title={`${count(failed)} failed`}>
      {stats ? rateText(failureRate(stats.totals)) : "–"}
    </span>
  );
}

function Took({ ms }: { ms: number | undefined }) {
  return <span className="whitespace-nowrap text-fg-2">{ms === undefined ? "–" : duration(ms)}</span>;
}

const FIRST = `# app.py
from runcast import task

@task
async def greet(name: str) -> str:
    return f"Hello, {name}!"`;

function Nothing({ q }: { q: string }) {
  const navigate = useNavigate();
  if (q)
    return (
      <Empty title={`No task matches “${q}”`}>
        <button type="button" className="text-accent hover:underline" onClick={() => void navigate({ to: "/tasks", search: {} })}>
          Clear the search
        </button>
      </Empty>
    );
  return (
    <Empty icon={<ListTree />} title="No worker has declared a task yet">
      <p className="mb-3">Write one, and start a worker beside it. It appears here by itself.</p>
      <div className="flex flex-col gap-2 text-left">
        <Code text={FIRST} wrap={false} />
        <Code text="runcast dev app.py" />
      </div>
    </Empty>
  );
}
