import { Link } from "@tanstack/react-router";
import { EllipsisVertical, Pause, Pencil, Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import type { Queue } from "@/data/queues";
import { duration } from "@/format/duration";
import { count } from "@/format/number";
import { age, serverNow } from "@/format/time";
import type { Bar } from "@/ui/Bars";
import { Bars } from "@/ui/Bars";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Menu } from "@/ui/Menu";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { useQueueActions } from "./actions";
import { healthOf } from "./health";
import { HealthWord } from "./HealthWord";
import { OverrideDialog } from "./OverrideDialog";

const NUMBER = "text-right tabular-nums";
const BIG = "text-base font-semibold";

/** The queues of a page, each with its numbers and what can be done. */
export function QueueTable({ queues, barsOf, onOpen }: { queues: readonly Queue[]; barsOf: (name: string) => Bar[]; onOpen: (queue: Queue) => void }) {
  const mayAct = useMay("operator");
  const [changing, setChanging] = useState<Queue>();
  const { pause, reset } = useQueueActions();
  return (
    <>
      <Table
        label="Queues"
        rows={queues}
        keyOf={(queue) => queue.name}
        onOpen={onOpen}
        columns={[
          {
            key: "name",
            label: "Queue",
            className: "w-full max-w-0 min-w-36",
            cell: (queue) => (
              <div className="flex min-w-0 flex-wrap items-center gap-x-2 py-0.5">
                <Link to="/queues/$name" params={{ name: queue.name }} className="truncate font-medium hover:underline">
                  {queue.name}
                </Link>
                {queue.type === "task" && <Tag className="max-sm:hidden">task</Tag>}
                <HealthWord health={healthOf(queue, serverNow())} className="text-xs sm:hidden" />
              </div>
            ),
          },
          { key: "queued", label: "Queued", className: NUMBER, cell: (queue) => <span className={cx(BIG, queue.queued === 0 && "text-fg-3")}>{count(queue.queued)}</span> },
          { key: "running", label: "Running", className: NUMBER, cell: (queue) => <span className={cx(BIG, queue.running > 0 ? "text-run" : "text-fg-3")}>{count(queue.running)}</span> },
          { key: "limit", label: "Limit", className: NUMBER, isWide: true, cell: (queue) => <Limit queue={queue} /> },
          { key: "oldest", label: "Oldest waits", className: cx(NUMBER, "whitespace-nowrap"), isWide: true, cell: (queue) => (queue.oldestAt ? duration(serverNow() - Date.parse(queue.oldestAt)) : <span className="text-fg-3">–</span>) },
          { key: "health", label: "Health", isWide: true, cell: (queue) => <HealthWord health={healthOf(queue, serverNow())} /> },
          { key: "spark", label: "While you look", isWide: true, className: "max-lg:hidden", cell: (queue) => <Bars bars={barsOf(queue.name)} label={`${queue.running} running and ${queue.queued} queued now`} className="w-32" /> },
          ...(mayAct
            ? [
                {
                  key: "act",
                  label: <span className="sr-only">Actions</span>,
                  className: "pl-0 text-right",
                  cell: (queue: Queue) => (
                    <Menu
                      trigger={<Button tone="quiet" aria-label={`Actions for ${queue.name}`} icon={<EllipsisVertical />} />}
                      items={[
                        queue.paused
                          ? { label: "Resume", hint: "Its runs start again.", icon: <Play />, onSelect: () => void pause(queue) }
                          : { label: "Pause", hint: "Nothing starts; what runs goes on.", icon: <Pause />, onSelect: () => void pause(queue) },
                        { label: "Override limit…", hint: "Another limit than the code's, for a while or until it is reset.", icon: <Pencil />, onSelect: () => setChanging(queue) },
                        queue.concurrency.override !== null && { label: "Reset limit", hint: "Back to what the code says.", icon: <RotateCcw />, onSelect: () => void reset(queue) },
                      ]}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      {changing && <OverrideDialog queue={changing} onClose={() => setChanging(undefined)} />}
    </>
  );
}

/** How many may run at once, and whether a person said so. */
function Limit({ queue }: { queue: Queue }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      {queue.concurrency.override !== null && (
        <Tag className="gap-1">
          override
          {queue.overrideEndsAt && <span className="max-xl:sr-only">ends {age(queue.overrideEndsAt)}</span>}
        </Tag>
      )}
      <span className={queue.concurrencyLimit === null ? "text-fg-3" : BIG}>{queue.concurrencyLimit === null ? "none" : count(queue.concurrencyLimit)}</span>
    </span>
  );
}
