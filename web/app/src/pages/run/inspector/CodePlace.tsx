import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import type { Entry } from "@/data/run";
import { attemptsQuery, declaredTasksQuery } from "@/data/run";
import type { Span } from "@/data/trace";
import { CopyButton } from "@/ui/Code";
import { Facts } from "@/ui/Page";
import type { Frame } from "./frames";
import { framesOf } from "./frames";
import { Heading, Nothing } from "./Heading";

/** Where in the code it is: of the task, and of what failed. */
export function Code({ run, span, entry }: { run: Run; span: Span | undefined; entry: Entry | undefined }) {
  const { data: tasks } = useQuery(declaredTasksQuery);
  const { data: attempts } = useQuery(attemptsQuery(run.id));
  const task = tasks?.data.find((one) => one.name === run.taskIdentifier);
  const frames = framesOf((span ? entry?.error : run.error)?.stackTrace);
  const version = entry?.codeVersion ?? attempts?.worker?.codeVersion;
  if (!task?.source && frames.length === 0 && !version) return <Nothing>No worker has said where this task is.</Nothing>;
  return (
    <>
      <Facts
        facts={[
          ["Task", run.taskIdentifier],
          !!task?.source && ["Defined at", <Place key="p" text={task.source} />],
          !!task?.description && ["Says", task.description],
          !!version && ["Version", <code key="v" className="font-mono text-xs">{version}</code>],
        ]}
      />
      {frames.length > 0 && (
        <section className="flex flex-col gap-2">
          <Heading>Where it failed, innermost first</Heading>
          <ol className="flex flex-col gap-2">
            {frames.map((frame, index) => (
              <FrameRow key={index} frame={frame} />
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

function FrameRow({ frame }: { frame: Frame }) {
  return (
    <li className="rounded-card border border-line p-2">
      <Place text={`${frame.file}:${frame.line}`} />
      <p className="text-xs text-fg-3">in {frame.name}</p>
      {frame.code && <pre className="mt-1 overflow-x-auto font-mono text-xs">{frame.code}</pre>}
    </li>
  );
}

function Place({ text }: { text: string }) {
  return (
    <span className="flex items-start gap-1 font-mono text-xs break-all">
      <span className="min-w-0 flex-1">{text}</span>
      <CopyButton text={text} label="Copy place" className="size-5" />
    </span>
  );
}
