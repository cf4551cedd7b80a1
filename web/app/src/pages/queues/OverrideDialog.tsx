import type { FormEvent } from "react";
import { useState } from "react";
import type { Queue } from "@/data/queues";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { useQueueActions } from "./actions";

/** Another limit than the code's, until it is reset. */
export function OverrideDialog({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const { override, reset } = useQueueActions();
  const [text, setText] = useState(String(queue.concurrencyLimit ?? ""));
  const limit = Number(text);
  const isGood = Number.isInteger(limit) && limit >= 1;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isGood) return;
    void override(queue, limit);
    onClose();
  };
  const declared = queue.concurrency.base;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Limit of ${queue.name}`}
      description={`The code says ${declared ?? "no limit"}. What you set here outlives deploys, until it is reset.`}
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
      <form id="override" onSubmit={submit} className="py-2">
        <Field label="Runs at once" error={text !== "" && !isGood ? "A whole number from 1. To start nothing, pause the queue." : undefined} hint="Over all workers and concurrency keys. A lower limit stops nothing that runs.">
          {(props) => <Input {...props} inputMode="numeric" autoFocus value={text} onChange={(event) => setText(event.target.value)} className="max-w-40" />}
        </Field>
      </form>
    </Dialog>
  );
}
