import { useState } from "react";
import type { NewShare } from "@/data/leads";
import { shareLead } from "@/data/leads";
import { moment } from "@/format/time";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Dialog } from "@/ui/Dialog";
import { Field, Select } from "@/ui/Field";
import { attempt } from "@/ui/toast";

/** Makes a link that shows the lead to whoever has it, and nothing else. */
export function ShareDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const [days, setDays] = useState("7");
  const [share, setShare] = useState<NewShare>();
  const make = () => void attempt("The link could not be made", () => shareLead(id, Number(days))).then(setShare);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Share this lead"
      description="Whoever has the link sees the lead, its steps and what was made, live, and can change nothing."
      footer={
        share ? (
          <Button onClick={onClose}>Done</Button>
        ) : (
          <Button tone="primary" onClick={make}>
            Create the link
          </Button>
        )
      }
    >
      {share ? (
        <div className="flex flex-col gap-2">
          <Code text={new URL(share.path.slice(1), document.baseURI).href} />
          <p className="text-fg-3">It is shown only now, and works until {moment(share.share.expiresAt)}.</p>
        </div>
      ) : (
        <Field label="Works for">
          {(props) => (
            <Select {...props} value={days} onChange={(event) => setDays(event.target.value)}>
              <option value="1">a day</option>
              <option value="7">a week</option>
              <option value="30">30 days</option>
            </Select>
          )}
        </Field>
      )}
    </Dialog>
  );
}
