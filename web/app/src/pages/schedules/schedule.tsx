import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { CalendarRange, EllipsisVertical, Pause, Pencil, Play, Trash2, Zap } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import type { Schedule } from "@/data/schedules";
import { CATCH_UPS, OVERLAPS, scheduleQuery } from "@/data/schedules";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { Id } from "@/ui/Code";
import { Crumbs } from "@/ui/Crumbs";
import { Dialog } from "@/ui/Dialog";
import { Failure, Skeleton } from "@/ui/Empty";
import { Json } from "@/ui/Json";
import { Menu } from "@/ui/Menu";
import { Facts, Header, Page, Section } from "@/ui/Page";
import { nameOf, useScheduleActions } from "./actions";
import { BackfillDialog } from "./BackfillDialog";
import { ScheduleForm } from "./ScheduleForm";
import { Activity } from "./ScheduleTable";
import { Ticks } from "./Ticks";
import { Upcoming } from "./Upcoming";

/** One schedule: its rule, its next times, and what it did. */
export default function SchedulePage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { data: schedule, error, refetch } = useQuery(scheduleQuery(id));
  useFresh("runs", ["schedules"], 2_000);
  return (
    <Page
      title={schedule ? `Schedule ${nameOf(schedule)}` : "Schedule"}
      header={
        <Header title={<Crumbs to="/schedules" list="Schedules">{schedule ? nameOf(schedule) : id}</Crumbs>} actions={schedule && <Actions schedule={schedule} />}>
          {schedule && <Activity schedule={schedule} />}
        </Header>
      }
    >
      {error && !schedule && <Failure error={error} onRetry={() => void refetch()} />}
      {!schedule && !error && <Skeleton />}
      {schedule && <Whole schedule={schedule} />}
    </Page>
  );
}

function Whole({ schedule }: { schedule: Schedule }) {
  return (
    <div className="flex flex-col gap-4 p-4">
      {schedule.problem && (
        <p role="alert" className="rounded-card border border-bad p-3 text-bad">
          It cannot tick: {schedule.problem}
        </p>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Section title={schedule.generator.description}>
          <Facts
            className="p-4"
            facts={[
              ["Task", <Link key="task" to="/tasks/$name" params={{ name: schedule.task }} className="font-medium hover:underline">{schedule.task}</Link>],
              ["Cron", <code key="cron" className="font-mono text-xs">{schedule.generator.expression}</code>],
              ["Time zone", schedule.timezone],
              ["While one runs", OVERLAPS[schedule.overlap]],
              ["Missed ticks", CATCH_UPS[schedule.catchUp]],
              schedule.window !== undefined && ["Window", `up to ${schedule.window} later`],
              ["Comes from", schedule.type === "DECLARATIVE" ? "code: it is changed there" : "the API or this page"],
              schedule.externalId !== undefined && ["External id", schedule.externalId],
              ["Id", <Id key="id" id={schedule.id} />],
            ]}
          />
          {schedule.payload && (
            <div className="border-t border-line p-4">
              <h3 className="mb-1 text-fg-3">Payload</h3>
              <Json value={schedule.payload} />
            </div>
          )}
        </Section>
        <Section title="Next times">
          <div className="p-4">{schedule.active ? <Upcoming ticks={schedule.upcoming} timezone={schedule.timezone} /> : <p className="text-fg-2">Paused: it starts no runs until it is activated.</p>}</div>
        </Section>
      </div>
      <Ticks id={schedule.id} timezone={schedule.timezone} />
    </div>
  );
}

function Actions({ schedule }: { schedule: Schedule }) {
  const mayAct = useMay("operator");
  const { toggle, run, remove } = useScheduleActions();
  const [open, setOpen] = useState<"edit" | "backfill" | "delete">();
  if (!mayAct) return null;
  const isDeclared = schedule.type === "DECLARATIVE";
  const close = () => setOpen(undefined);
  return (
    <>
      <Button icon={schedule.active ? <Pause /> : <Play />} shortcut="p" disabled={schedule.problem !== undefined} onClick={() => void toggle(schedule)}>
        {schedule.active ? "Pause" : "Activate"}
      </Button>
      <Button tone="primary" icon={<Zap />} shortcut="r" onClick={() => void run(schedule)}>
        Run now
      </Button>
      <Menu
        trigger={<Button tone="quiet" aria-label="More" icon={<EllipsisVertical />} />}
        items={[
          { label: "Back-fill…", hint: "Start the runs of a time gone by.", icon: <CalendarRange />, onSelect: () => setOpen("backfill") },
          { label: "Edit…", hint: isDeclared ? "It is declared in code, and changed there." : "Another rule, zone or payload.", icon: <Pencil />, isDisabled: isDeclared, onSelect: () => setOpen("edit") },
          null,
          { label: "Delete…", hint: isDeclared ? "Remove it from the code." : "Its runs stay.", icon: <Trash2 />, isDanger: true, isDisabled: isDeclared, onSelect: () => setOpen("delete") },
        ]}
      />
      {open === "edit" && <ScheduleForm schedule={schedule} onClose={close} />}
      {open === "backfill" && <BackfillDialog schedule={schedule} onClose={close} />}
      <Dialog
        isOpen={open === "delete"}
        onClose={close}
        title={`Delete ${nameOf(schedule)}?`}
        description="It starts no more runs. Its runs and their history stay."
        footer={
          <>
            <Button onClick={close}>Keep it</Button>
            <Button tone="danger" onClick={() => void remove(schedule)}>
              Delete schedule
            </Button>
          </>
        }
      />
    </>
  );
}
