import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, FlaskConical } from "lucide-react";
import { useState } from "react";
import type { Task } from "@/data/tasks";
import { tasksQuery } from "@/data/tasks";
import type { Schema } from "@/pages/test/model/schema";
import { fieldOf } from "@/pages/test/model/shape";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { Search } from "@/ui/Search";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";

/** Which task is to be tried. */
export default function Test() {
  const [q, setQ] = useState("");
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(tasksQuery);
  const tasks = data?.data.filter((task) => `${task.name} ${task.description}`.toLowerCase().includes(q.toLowerCase()));
  return (
    <Page
      title="Test"
      header={
        <Header title="Test">
          <Search value={q} label="Find a task" onChange={setQ} />
        </Header>
      }
    >
      {tasks ? (
        tasks.length > 0 ? (
          <Table label="Tasks to test" rows={tasks} columns={COLUMNS} keyOf={(task) => task.name} onOpen={(task) => void navigate({ to: "/test/$name", params: { name: task.name } })} />
        ) : q ? (
          <Empty title={`No task matches “${q}”`} />
        ) : (
          <Empty icon={<FlaskConical />} title="There is nothing to test yet">
            <p className="mb-3">Tasks appear here, each with a form for its payload, as soon as a worker declares them.</p>
            <Code text="runcast dev app.py" />
          </Empty>
        )
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

const COLUMNS: Column<Task>[] = [
  {
    key: "task",
    label: "Task",
    cell: (task) => (
      <span className="flex min-w-0 flex-col">
        <Link to="/test/$name" params={{ name: task.name }} className="truncate font-medium hover:underline">
          {task.name}
        </Link>
        {task.description && <span className="truncate text-xs text-fg-3">{task.description.split("\n")[0]}</span>}
        <span className="truncate font-mono text-2xs text-fg-2 sm:hidden">{takes(task)}</span>
      </span>
    ),
    className: "w-2/5 max-w-0 min-w-36 max-sm:w-full",
  },
  {
    key: "takes",
    label: "Payload",
    isWide: true,
    className: "max-w-0 min-w-36",
    cell: (task) => (
      <span className="block truncate font-mono text-xs text-fg-2" title={takes(task)}>
        {takes(task)}
      </span>
    ),
  },
  { key: "open", label: <span className="sr-only">Open the form</span>, className: "w-12", cell: () => <ChevronRight aria-hidden className="ml-auto size-4 text-fg-3" /> },
];

/** The names of what a task takes. */
function takes(task: Task): string {
  const schema = task.payloadSchema as Schema;
  const { shape } = fieldOf(schema, schema);
  if (shape.kind !== "object") return "a value";
  return shape.parts.map((part) => part.name + (part.isRequired ? "" : "?")).join(", ") || (shape.rest ? "an object" : "nothing");
}
