import { Link } from "@tanstack/react-router";
import { CirclePause, CirclePlay, Pause, Play, TriangleAlert, Zap } from "lucide-react";
import { useMay } from "@/data/may";
import type { Schedule } from "@/data/schedules";
import { dayInZone } from "@/format/time";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";
import { nameOf, useScheduleActions } from "./actions";
import { LastRun } from "./LastRun";

/** Whether a schedule ticks: shape, word, colour. */
export function Activity({ schedule }: { schedule: Schedule }) {
  const [Icon, word, look] = schedule.problem ? [TriangleAlert, "Problem", "text-bad"] : schedule.active ? [CirclePlay, "Active", "text-ok"] : [CirclePause, "Paused", "text-idle"];
  return (
    <span title={schedule.problem} className={cx("inline-flex items-center gap-1.5 font-medium whitespace-nowrap", look as string)}>
      <Icon aria-hidden className="size-3.5" />
      {word as string}
    </span>
  );
}

/** The schedules of a page. */
export function ScheduleTable({ schedules, onOpen }: { schedules: readonly Schedule[]; onOpen: (schedule: Schedule) => void }) {
  const mayAct = useMay("operator");
  const { toggle, run } = useScheduleActions();
  return (
    <Table
      label="Schedules"
      rows={schedules}
      keyOf={(one) => one.id}
      onOpen={onOpen}
      columns={[
        { key: "active", label: "State", isWide: true, cell: (one) => <Activity schedule={one} /> },
        {
          key: "task",
          label: "Schedule",
          className: "max-sm:w-full",
          cell: (one) => (
            <div className="flex min-w-0 flex-col py-1">
              <span className="flex items-center gap-2">
                <Link to="/schedules/$id" params={{ id: one.id }} className="truncate font-medium hover:underline">
                  {nameOf(one)}
                </Link>
                {one.deduplicationKey && <span className="truncate text-xs text-fg-3">{one.task}</span>}
                {one.type === "DECLARATIVE" && <Tag>in code</Tag>}
              </span>
              <span className="text-xs text-fg-2 sm:hidden">
                {one.generator.description} · {one.nextRun ? <>next <Ago at={one.nextRun} /></> : <Activity schedule={one} />}
              </span>
            </div>
          ),
        },
        {
          key: "rule",
          label: "When",
          isWide: true,
          cell: (one) => (
            <div className="flex flex-col py-1">
              <span>{one.generator.description}</span>
              <span className="text-2xs text-fg-3">
                <code className="font-mono">{one.generator.expression}</code> · {one.timezone}
              </span>
            </div>
          ),
        },
        {
          key: "next",
          label: "Next",
          isWide: true,
          cell: (one) =>
            one.nextRun ? (
              <div className="flex flex-col py-1 whitespace-nowrap">
                <span>{dayInZone(one.nextRun, one.timezone)}</span>
                <span className="text-2xs text-fg-3">
                  {dayInZone(one.nextRun) !== dayInZone(one.nextRun, one.timezone) && `${dayInZone(one.nextRun)} for you · `}
                  <Ago at={one.nextRun} />
                </span>
              </div>
            ) : (
              <span className="text-fg-3">–</span>
            ),
        },
        { key: "last", label: "Last run", isWide: true, cell: (one) => <LastRun id={one.id} /> },
        ...(mayAct
          ? [
              {
                key: "act",
                label: <span className="sr-only">Actions</span>,
                className: "text-right whitespace-nowrap",
                cell: (one: Schedule) => (
                  <span className="inline-flex gap-1">
                    <Button tone="quiet" title="Run now" aria-label={`Run ${nameOf(one)} now`} icon={<Zap />} onClick={() => void run(one)} />
                    <Button
                      tone="quiet"
                      title={one.active ? "Pause" : "Activate"}
                      aria-label={`${one.active ? "Pause" : "Activate"} ${nameOf(one)}`}
                      icon={one.active ? <Pause /> : <Play />}
                      disabled={one.problem !== undefined}
                      onClick={() => void toggle(one)}
                    />
                  </span>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}
