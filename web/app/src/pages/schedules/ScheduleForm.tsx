import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useDeferredValue, useState } from "react";
import type { CatchUp, Overlap, Schedule } from "@/data/schedules";
import { CATCH_UPS, changeSchedule, createSchedule, OVERLAPS, previewQuery, timezonesQuery } from "@/data/schedules";
import { tasksQuery } from "@/data/tasks";
import { ownZone } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select, TextArea } from "@/ui/Field";
import { said } from "@/ui/toast";
import { useSending } from "@/ui/useSending";
import { Preview } from "./Preview";
import { asBody, startOf } from "./draft";

const RULES = [
  ["*/15 * * * *", "Every 15 minutes"],
  ["0 * * * *", "Hourly"],
  ["0 9 * * *", "Daily at 9"],
  ["0 9 * * 1-5", "Weekdays at 9"],
  ["0 9 1 * *", "Monthly"],
] as const;

/** Make a schedule, or change one: what the rule comes to is shown while it is typed. */
export function ScheduleForm({ schedule, onClose }: { schedule?: Schedule; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: tasks } = useQuery(tasksQuery);
  const { data: zones = [] } = useQuery(timezonesQuery);
  const [draft, setDraft] = useState(() => startOf(schedule, ownZone()));
  const { isBusy, error, send } = useSending();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const cron = useDeferredValue(draft.cron.trim());
  const preview = useQuery({ ...previewQuery(cron, draft.timezone), enabled: cron !== "" });
  const [hasMore] = useState(() => draft.catchUp !== "last" || [draft.window, draft.key, draft.externalId].some((text) => text !== ""));
  const task = draft.task || tasks?.data[0]?.name || "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => {
      const body = asBody({ ...draft, task });
      const kept = schedule ? await changeSchedule(schedule.id, body) : await createSchedule({ ...body, ...(draft.key ? { deduplicationKey: draft.key } : {}) });
      void client.invalidateQueries({ queryKey: ["schedules"] });
      said(schedule ? "The schedule is changed" : `${task} is scheduled`);
      onClose();
      if (!schedule) await navigate({ to: "/schedules/$id", params: { id: kept.id } });
    });
  };
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={schedule ? "Edit schedule" : "New schedule"}
      footer={
        <>
          {error && (
            <p role="alert" className="mr-auto self-center text-bad">
              {error}
            </p>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="schedule" isBusy={isBusy} disabled={preview.isError || task === ""}>
            {schedule ? "Save changes" : "Create schedule"}
          </Button>
        </>
      }
    >
      <form id="schedule" onSubmit={submit} className="grid gap-x-6 gap-y-4 pb-2 sm:grid-cols-2">
        <div className="flex flex-col gap-4">
          <Field label="Task" hint={tasks?.data.length === 0 ? "No worker has declared a task yet." : undefined}>
            {(props) => (
              <Select {...props} value={task} onChange={(event) => set({ task: event.target.value })}>
                {tasks?.data.map((one) => <option key={one.name}>{one.name}</option>)}
              </Select>
            )}
          </Field>
          <Field label="Cron rule" hint="Five fields, six with seconds first, or @daily." error={preview.isError && cron !== "" ? preview.error.message : undefined}>
            {(props) => <Input {...props} className="font-mono" required spellCheck={false} value={draft.cron} onChange={(event) => set({ cron: event.target.value })} />}
          </Field>
          <div className="-mt-2 flex flex-wrap gap-1">
            {RULES.map(([rule, words]) => (
              <button key={rule} type="button" onClick={() => set({ cron: rule })} className="rounded-full border border-line-strong px-2 text-xs text-fg-2 hover:bg-hover hover:text-fg max-sm:py-1">
                {words}
              </button>
            ))}
          </div>
          <Field label="Time zone">{(props) => <Input {...props} list="zones" required value={draft.timezone} onChange={(event) => set({ timezone: event.target.value })} />}</Field>
          <datalist id="zones">
            {zones.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <Preview preview={preview.isError ? undefined : preview.data} timezone={draft.timezone} />
        </div>
        <div className="flex flex-col gap-4">
          <Field label="Payload (JSON)" hint="The task's parameters by name, as an object. Leave it empty to hand each run its ScheduledRun.">
            {(props) => <TextArea {...props} rows={5} spellCheck={false} className="font-mono text-xs" value={draft.payload} onChange={(event) => set({ payload: event.target.value })} />}
          </Field>
          <Field label="While its last run still goes on">
            {(props) => (
              <Select {...props} value={draft.overlap} onChange={(event) => set({ overlap: event.target.value as Overlap })}>
                {Object.entries(OVERLAPS).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
              </Select>
            )}
          </Field>
          <details open={hasMore} className="rounded-card border border-line">
            <summary className="rounded-card px-3 py-2 font-medium text-fg-2 hover:text-fg">More options</summary>
            <div className="flex flex-col gap-4 border-t border-line p-3">
            <Field label="Ticks missed while the server was down">
              {(props) => (
                <Select {...props} value={draft.catchUp} onChange={(event) => set({ catchUp: event.target.value as CatchUp })}>
                  {Object.entries(CATCH_UPS).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
                </Select>
              )}
            </Field>
            <Field label="Window" hint="Spreads starts over this time, so that many schedules do not start at once: 30m, 2h, 50%.">
              {(props) => <Input {...props} placeholder="None" value={draft.window} onChange={(event) => set({ window: event.target.value })} />}
            </Field>
            {!schedule && (
              <Field label="Key" hint="A schedule with the same key is changed, and none added.">
                {(props) => <Input {...props} placeholder="None" value={draft.key} onChange={(event) => set({ key: event.target.value })} />}
              </Field>
            )}
            <Field label="External id" hint="Yours, for example a customer: handed to its runs.">
              {(props) => <Input {...props} placeholder="None" value={draft.externalId} onChange={(event) => set({ externalId: event.target.value })} />}
            </Field>
            </div>
          </details>
        </div>
      </form>
    </Dialog>
  );
}
