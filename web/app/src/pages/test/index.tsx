import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
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
            <Code text="runcast dev tasks.py" />
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
      <Link to="/test/$name" params={{ name: task.name }} className="font-medium hover:underline">
        {task.name}
      </Link>
    ),
  },
  { key: "takes", label: "Takes", cell: (task) => <span className="font-mono text-xs text-fg-2">{takes(task)}</span> },
  { key: "does", label: "Does", isWide: true, cell: (task) => <span className="text-fg-2">{task.description.split("\n")[0]}</span> },
];

/** The names of what a task takes. */
function takes(task: Task): string {
  const schema = task.payloadSchema as Schema;
  const { shape } = fieldOf(schema, schema);
  if (shape.kind !== "object") return "a value";
  return shape.parts.map((part) => part.name + (part.isRequired ? "" : "?")).join(", ") || (shape.rest ? "an object" : "nothing");
}
