import type { FormEvent } from "react";
import { useState } from "react";
import type { Queue } from "@/data/queues";
import { age } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select } from "@/ui/Field";
import { useQueueActions } from "./actions";

const LASTING = [
  ["15m", "15 minutes"],
  ["1h", "an hour"],
  ["4h", "4 hours"],
  ["1d", "a day"],
  ["7d", "a week"],
] as const;

/** Another limit than the code's, for a while or until it is reset. */
export function OverrideDialog({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const { override, reset } = useQueueActions();
  const [text, setText] = useState(String(queue.concurrencyLimit ?? ""));
  const [lasting, setLasting] = useState("");
  const limit = Number(text);
  const isGood = Number.isInteger(limit) && limit >= 1;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isGood) return;
    void override(queue, limit, lasting);
    onClose();
  };
  const declared = queue.concurrency.base;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Limit of ${queue.name}`}
      description={`The code says ${declared ?? "no limit"}. What you set here outlives deploys.${queue.overrideEndsAt ? ` What is set now ends ${age(queue.overrideEndsAt)}.` : ""}`}
      footer={
        <>
          {queue.concurrency.override !== null && (
            <Button
              onClick={() => {
                void reset(queue);
                onClose();
              }}
            >
              Reset to {declared ?? "no limit"}
            </Button>
          )}
          <Button tone="primary" type="submit" form="override" disabled={!isGood}>
            Override limit
          </Button>
        </>
      }
    >
      <form id="override" onSubmit={submit} className="flex flex-col gap-3 py-2">
        <Field label="Runs at once" error={text !== "" && !isGood ? "A whole number from 1. To start nothing, pause the queue." : undefined} hint="Over all workers and concurrency keys. A lower limit stops nothing that runs.">
          {(props) => <Input {...props} inputMode="numeric" autoFocus value={text} onChange={(event) => setText(event.target.value)} className="max-w-40" />}
        </Field>
        <Field label="For" hint={lasting ? `Then ${declared ?? "no limit"} again, or what the code says by then.` : undefined}>
          {(props) => (
            <Select {...props} value={lasting} onChange={(event) => setLasting(event.target.value)} className="max-w-40">
              <option value="">until it is reset</option>
              {LASTING.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
