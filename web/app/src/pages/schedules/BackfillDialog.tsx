import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import type { Schedule } from "@/data/schedules";
import { backfillSchedule } from "@/data/schedules";
import { plural } from "@/format/number";
import { ownZone, serverNow } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { said } from "@/ui/toast";

const DAY_MS = 86_400_000;

/** What a field of a local date and time holds. */
function typed(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Start the runs that a schedule would have started in a time gone by. */
export function BackfillDialog({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const client = useQueryClient();
  const [from, setFrom] = useState(() => typed(serverNow() - DAY_MS));
  const [to, setTo] = useState(() => typed(serverNow() - 60_000));
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { data } = await backfillSchedule(schedule.id, new Date(from).toISOString(), new Date(to).toISOString());
      void client.invalidateQueries({ queryKey: ["schedules"] });
      said(data.length === 0 ? "There was nothing to fill" : `${plural(data.length, "run")} started`);
      onClose();
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Back-fill"
      description="Starts a run for every tick in a time gone by that has none yet."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="backfill" isBusy={isBusy} disabled={from === "" || to === "" || from > to}>
            Start the runs
          </Button>
        </>
      }
    >
      <form id="backfill" onSubmit={(event) => void submit(event)} className="grid gap-4 py-2 sm:grid-cols-2">
        <Field label="From">{(props) => <Input {...props} type="datetime-local" required value={from} onChange={(event) => setFrom(event.target.value)} />}</Field>
        <Field label="To" error={from > to ? "The end comes before the start." : undefined}>
          {(props) => <Input {...props} type="datetime-local" required value={to} onChange={(event) => setTo(event.target.value)} />}
        </Field>
        <p className="text-xs text-fg-3 sm:col-span-2">
          Times are in {ownZone()}; the schedule ticks in {schedule.timezone}: {schedule.generator.description}.
        </p>
        {error && (
          <p role="alert" className="text-bad sm:col-span-2">
            {error}
          </p>
        )}
      </form>
    </Dialog>
  );
}
