import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { get } from "@/data/api";
import { tasksQuery } from "@/data/tasks";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { cx } from "@/ui/class";

const INSTALL = "pip install runcast";
const TASK = `# app.py
from runcast import progress, step, task


@step
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@task
async def hello(name: str = "world") -> str:
    progress(50, "greeting")
    return await greet(name)`;
const START = "runcast dev app.py";
const LOOK_MS = 1_000;

interface Worker {
  id: string;
  host: string;
  pid: number;
}

/** What an environment without runs shows: the three steps to the first one, each ticked as soon as it is done. */
export function Onboarding() {
  const navigate = useNavigate();
  const { data: workers } = useQuery({
    queryKey: ["workers", "first"],
    queryFn: ({ signal }) => get<{ data: Worker[] }>("/api/v1/workers", {}, signal),
    refetchInterval: LOOK_MS,
  });
  const { data: tasks } = useQuery({ ...tasksQuery, refetchInterval: LOOK_MS });
  const worker = workers?.data[0];
  const names = tasks?.data.map((task) => task.name) ?? [];
  const isReady = worker !== undefined && names.length > 0;
  const task = names.includes("hello") ? "hello" : (names[0] ?? "hello");
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-6 px-4 py-8">
      <div>
        <h2 className="text-xl font-semibold">Your first run</h2>
        <p className="text-fg-2">This environment has no runs yet. Three steps, and this page follows along.</p>
      </div>
      <ol className="flex flex-col gap-6">
        <Step number={1} title="Write a task" isDone={isReady}>
          {!isReady && (
            <>
              <Code text={INSTALL} />
              <Code text={TASK} />
            </>
          )}
        </Step>
        <Step number={2} title="Start a worker" isDone={isReady}>
          {!isReady && <Code text={START} />}
          <p role="status" className={cx("flex items-center gap-2 font-medium", isReady ? "text-ok" : "text-wait")}>
            {isReady ? (
              <>
                <Tick /> Connected: {worker.host}, {names.length === 1 ? "1 task" : `${names.length} tasks`}
              </>
            ) : (
              <>
                <span aria-hidden className="relative flex size-3.5 items-center justify-center">
                  <span className="absolute size-3.5 animate-ping rounded-full bg-current opacity-40" />
                  <span className="size-2 rounded-full bg-current" />
                </span>
                {worker ? "A worker is connected; waiting for a task…" : "Waiting for a worker…"}
              </>
            )}
          </p>
        </Step>
        <Step number={3} title="Trigger it" isDone={false}>
          <Code text={`runcast trigger ${task}${task === "hello" ? ` '{"name": "Ada"}'` : ""} --follow`} />
          <p className="flex flex-wrap items-center gap-2 text-fg-2">
            or from here:
            <Button tone={isReady ? "primary" : "plain"} onClick={() => void navigate({ to: isReady ? `/test/${encodeURIComponent(task)}` : "/test" })}>
              Open the test form
            </Button>
          </p>
        </Step>
      </ol>
    </div>
  );
}

const Tick = () => (
  <span aria-hidden className="flex size-4 items-center justify-center rounded-full bg-ok text-panel">
    <Check className="size-3 stroke-[3]" />
  </span>
);

function Step({ number, title, isDone, children }: { number: number; title: string; isDone: boolean; children: ReactNode }) {
  return (
    <li className="flex gap-4">
      <span className={cx("mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full text-xs font-semibold", isDone ? "bg-ok text-panel" : "border border-line-strong text-fg-2")}>
        {isDone ? <Check aria-label="Done" className="size-3.5 stroke-[3]" /> : number}
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <h3 className="font-semibold">{title}</h3>
        {children}
      </div>
    </li>
  );
}
