import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { errorsQuery } from "@/data/errors";
import { useRecentRuns } from "@/data/recent";
import type { Task } from "@/data/tasks";
import { tasksQuery } from "@/data/tasks";
import { ErrorRows } from "@/pages/errors/ErrorRows";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Crumbs } from "@/ui/Crumbs";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page, Section } from "@/ui/Page";
import { RunTable } from "./RunTable";
import { SchemaView } from "./SchemaView";
import { TaskFacts } from "./TaskFacts";
import { TaskNumbers } from "./TaskNumbers";
import { triggerSnippet } from "./snippet";

const route = getRouteApi("/tasks/$name");

/** One task: how it goes, what it takes, what it did last. */
export default function TaskPage() {
  const { name } = route.useParams();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(tasksQuery);
  const task = data?.data.find((one) => one.name === name);
  const test = () => void navigate({ to: "/test/$name", params: { name: name } });
  return (
    <Page
      title={name}
      header={
        <Header
          title={
            <Crumbs to="/tasks" list="Tasks">
              {name}
            </Crumbs>
          }
          actions={
            <Button tone="primary" icon={<FlaskConical />} shortcut="t" onClick={test} disabled={!task}>
              Test
            </Button>
          }
        />
      }
    >
      {task ? (
        <div className="grid items-start gap-4 p-4 lg:grid-cols-[minmax(0,1fr)_minmax(280px,360px)]">
          <div className="flex min-w-0 flex-col gap-4">
            <TaskNumbers task={name} />
            <TaskRuns task={name} />
            <TaskErrors task={name} />
          </div>
          <TaskAside task={task} />
        </div>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Gone name={name} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function TaskRuns({ task }: { task: string }) {
  const { data } = useRecentRuns({ "filter[taskIdentifier]": task }, (run) => run.taskIdentifier === task, { size: 15 });
  return (
    <Section
      title="Newest runs"
      actions={
        <Link to="/runs" search={{ task: task }} className="text-accent hover:underline">
          All runs
        </Link>
      }
    >
      {data && data.data.length === 0 ? <Nothing task={task} /> : data ? <RunTable label={`Newest runs of ${task}`} runs={data.data} /> : <Skeleton rows={4} />}
    </Section>
  );
}

function Nothing({ task }: { task: string }) {
  return (
    <Empty icon={<FlaskConical />} title="No runs yet">
      <Link to="/test/$name" params={{ name: task }} className="text-accent hover:underline">
        Try it in the test form
      </Link>
      , or trigger it from code.
    </Empty>
  );
}

function TaskErrors({ task }: { task: string }) {
  const { data } = useQuery(errorsQuery("7d", task));
  if (!data || data.data.length === 0) return null;
  return (
    <Section title="Errors of the last 7 days">
      <ErrorRows groups={data.data} label={`Errors of ${task}`} />
    </Section>
  );
}

function TaskAside({ task }: { task: Task }) {
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <TaskFacts task={task} />
      <Section title="Payload">
        <div className="p-4">
          <SchemaView schema={task.payloadSchema} />
        </div>
      </Section>
      <Section title="From code">
        <div className="flex flex-col gap-2 p-4">
          <Code text={triggerSnippet(task)} wrap={false} />
        </div>
      </Section>
    </div>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <Empty title={`No worker has declared ${name}`}>
      <p>
        It may be mistyped, or of another environment. What ran under this name is among the{" "}
        <Link to="/runs" search={{ task: name }} className="text-accent hover:underline">
          runs
        </Link>
        .
      </p>
    </Empty>
  );
}
