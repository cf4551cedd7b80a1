import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Task } from "@/data/tasks";
import { taskSchedulesQuery } from "@/data/tasks";
import { duration } from "@/format/duration";
import { CopyButton } from "@/ui/Code";
import { Facts, Section } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";

const LANES: Record<string, string> = { async: "in the event loop", thread: "in a thread", process: "in a process of its own" };

/** What a task is declared as, and where. */
export function TaskFacts({ task }: { task: Task }) {
  return (
    <Section title="About">
      <div className="flex flex-col gap-3 p-4">
        {task.description && <p className="whitespace-pre-line text-fg-2">{task.description.replaceAll(/\n{2,}/g, "\n")}</p>}
        <Facts
          facts={[
            task.source !== "" && ["Code", <Source key="source" source={task.source} />],
            [
              "Queue",
              <Link key="queue" to="/queues/$name" params={{ name: task.queue }} className="text-accent hover:underline">
                {task.queue}
              </Link>,
            ],
            ["Executes", LANES[task.lane] ?? task.lane],
            ["Attempts", `up to ${task.maxAttempts}`],
            task.maxDurationMs !== undefined && ["Time limit", duration(task.maxDurationMs)],
            task.ttlMs !== undefined && ["Expires", `${duration(task.ttlMs)} after its trigger, unless it started`],
            task.machine !== undefined && ["Machine", <Tag key="machine">{task.machine}</Tag>],
            ["Declared", <Ago key="seen" at={task.seenAt} />],
          ]}
        />
        <Schedules task={task} />
      </div>
    </Section>
  );
}

function Source({ source }: { source: string }) {
  return (
    <span className="flex min-w-0 items-start gap-1 font-mono text-xs break-all">
      {source}
      <CopyButton text={source} label="Copy the place in the code" className="size-5" />
    </span>
  );
}

function Schedules({ task }: { task: Task }) {
  const { data = [] } = useQuery(taskSchedulesQuery(task.name));
  if (data.length === 0) return null;
  return (
    <div className="border-t border-line pt-3">
      <h3 className="mb-1 text-fg-3">{data.length === 1 ? "Schedule" : "Schedules"}</h3>
      <ul className="flex flex-col gap-1">
        {data.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-2">
            <Link to="/schedules/$id" params={{ id: one.id }} className="text-accent hover:underline">
              {one.generator.description || one.generator.expression}
            </Link>
            <span className="text-xs text-fg-3">
              {one.timezone}
              {!one.active && " · paused"}
              {one.active && one.nextRun && (
                <>
                  {" · next "}
                  <Ago at={one.nextRun} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
