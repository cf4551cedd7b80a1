import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { Ban, CalendarClock, Ellipsis, FileDown, GitFork, OctagonX, Pencil, Play, RotateCcw, SkipForward, Tags } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Attempts, WholeRun } from "@/data/run";
import { declaredTasksQuery, reportUrl } from "@/data/run";
import type { Span, Trace } from "@/data/trace";
import { useEntries } from "@/data/trace";
import { loadPart } from "@/data/parts";
import { shortName } from "@/trace/span";
import { Button } from "@/ui/Button";
import { Menu } from "@/ui/Menu";
import type { Ask } from "./AskDialog";
import type { Edit } from "./EditDialog";
import { useCanceling } from "./canceling";
import { possible } from "./possible";
import { useDeeds } from "./deeds";
import { useForce } from "./useForce";

const AskDialog = lazy(() => loadPart(() => import("./AskDialog")));
const EditDialog = lazy(() => loadPart(() => import("./EditDialog")));

/** One thing that helps most, as a button of its own; the rest in a menu, each with what it does. */
export function Actions({ run, trace, whole, attempts, span }: { run: Run; trace: Trace; whole: WholeRun | undefined; attempts: Attempts | undefined; span: Span | undefined }) {
  const [edit, setEdit] = useState<Edit>();
  const [ask, setAsk] = useState<Ask>();
  const isCanceling = useCanceling(run.id);
  const journal = useEntries(trace, run.id);
  const { data: tasks } = useQuery({ ...declaredTasksQuery, enabled: edit !== undefined });
  const failed = run.isFailed ? journal?.filter((entry) => entry.status === "failed").toSorted((a, b) => a.startedAt - b.startedAt).at(-1) : undefined;
  const can = possible(run, attempts, span, failed?.key);
  const name = span && span.key === can.forkFrom ? span.name : failed && shortName(failed.name || failed.kind);
  const schema = tasks?.data.find((task) => task.name === run.taskIdentifier)?.payloadSchema;
  const deeds = useDeeds({ run, whole, name: name ?? "", setEdit, setAsk });
  const { force } = useForce(run.id);
  const report = () => void window.open(reportUrl(run.id, "html"), "_blank", "noopener");
  return (
    <div className="flex items-center gap-2 max-sm:ml-auto">
      <Button icon={<FileDown />} shortcut="e" onClick={report} className="max-lg:hidden">
        Report
      </Button>
      {can.cancel && (
        <Button tone="danger" icon={<Ban />} shortcut="shift+c" disabled={isCanceling} onClick={deeds.cancel}>
          Cancel
        </Button>
      )}
      <Button icon={<RotateCcw />} shortcut="r" onClick={deeds.replay} className={can.resume || can.cancel ? "max-sm:hidden" : ""}>
        Replay
      </Button>
      {can.resume && (
        <Button tone="primary" icon={<Play />} title="Keeps what is done, and does the rest" isBusy={deeds.isBusy} onClick={deeds.resume}>
          Resume
        </Button>
      )}
      <Menu
        trigger={<Button aria-label="More actions" icon={<Ellipsis />} />}
        items={[
          can.force && { label: "Force the end", hint: "Its code was told to stop and goes on: free its slot now", icon: <OctagonX />, isDanger: true, onSelect: force },
          can.force && null,
          can.forkFrom !== undefined && { label: `Retry from ${name}`, hint: "A new run: keeps what came before this step, does it and the rest again", icon: <GitFork />, onSelect: () => deeds.fork(can.forkFrom ?? "") },
          can.forkFrom !== undefined && { label: `Retry from ${name} with edited input…`, hint: "The same, with another payload for what is done again", icon: <Pencil />, onSelect: () => deeds.forkEdited(can.forkFrom ?? "") },
          can.skip !== undefined && { label: `Skip ${name} with a value…`, hint: "Resume as if it had returned what you say", icon: <SkipForward />, onSelect: () => deeds.skip(can.skip ?? "") },
          (can.forkFrom !== undefined || can.skip !== undefined) && null,
          { label: "Replay", hint: "The same payload and options, from the beginning", icon: <RotateCcw />, shortcut: "r", onSelect: deeds.replay },
          { label: "Replay with edited payload…", hint: "From the beginning, with other input", icon: <Pencil />, onSelect: deeds.replayEdited },
          can.reschedule && { label: "Reschedule…", hint: "Start it earlier or later", icon: <CalendarClock />, onSelect: deeds.reschedule },
          { label: "Add tags…", hint: "Words to find it by", icon: <Tags />, onSelect: deeds.tag },
          null,
          { label: "Report", hint: "One page with everything, to print or to send", icon: <FileDown />, shortcut: "e", onSelect: report },
          { label: "Report as JSON", hint: "Everything, for a program", icon: <FileDown />, onSelect: () => void window.open(reportUrl(run.id, "json"), "_blank", "noopener") },
          { label: "Report as CSV", hint: "A line for each thing it did, for a spreadsheet", icon: <FileDown />, onSelect: () => void window.open(reportUrl(run.id, "csv"), "_blank", "noopener") },
        ]}
      />
      <Suspense>
        {edit && <EditDialog edit={{ ...edit, ...(edit.schema === "payload" ? { schema } : {}) }} onClose={() => setEdit(undefined)} />}
        {ask && <AskDialog ask={ask} onClose={() => setAsk(undefined)} />}
      </Suspense>
    </div>
  );
}
