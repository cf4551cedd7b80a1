import { useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";

export interface Ask {
  title: string;
  label: string;
  hint: string;
  verb: string;
  send: (text: string) => Promise<void>;
}

/** One line of text, sent. */
export default function AskDialog({ ask, onClose }: { ask: Ask; onClose: () => void }) {
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const submit = async () => {
    try {
      await ask.send(text.trim());
      onClose();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog isOpen onClose={onClose} title={ask.title}>
      <form
        className="flex flex-col gap-3 pb-3"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label={ask.label} hint={ask.hint} error={refusal}>
          {(props) => <Input {...props} autoFocus required value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        <Button type="submit" tone="primary" className="self-end">
          {ask.verb}
        </Button>
      </form>
    </Dialog>
  );
}
