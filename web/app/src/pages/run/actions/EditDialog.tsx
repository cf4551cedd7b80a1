import { useState } from "react";
import { parseJson } from "@/format/json";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, TextArea } from "@/ui/Field";
import { misfits } from "./misfit";

export interface Edit {
  title: string;
  description: string;
  /** What the field is for. */
  label: string;
  verb: string;
  value: unknown;
  /** JSON Schema of it. */
  schema?: unknown;
  send: (value: unknown) => Promise<void>;
}

/** JSON to be edited, checked while it is typed, and sent. What the server says against it is shown here. */
export default function EditDialog({ edit, onClose }: { edit: Edit; onClose: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(edit.value ?? null, null, 2));
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const { value, wrong } = read(text, edit.schema);
  const submit = async () => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await edit.send(value);
      onClose();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={edit.title}
      description={edit.description}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" isBusy={isBusy} disabled={wrong?.isFatal ?? false} onClick={() => void submit()}>
            {wrong && !wrong.isFatal ? `${edit.verb} anyway` : edit.verb}
          </Button>
        </>
      }
    >
      <Field label={edit.label} error={refusal ?? wrong?.message} hint="JSON">
        {(props) => (
          <TextArea
            {...props}
            autoFocus
            rows={14}
            spellCheck={false}
            className="font-mono text-xs"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setRefusal(undefined);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && !wrong?.isFatal && !isBusy) void submit();
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}

/** The value, and what is wrong. What only misfits the schema may be sent all the same: the server decides. */
function read(text: string, schema: unknown): { value: unknown; wrong?: { message: string; isFatal: boolean } } {
  try {
    const value = parseJson(text);
    const found = misfits(value, schema);
    return found.length === 0 ? { value } : { value, wrong: { message: found.join("; "), isFatal: false } };
  } catch (error) {
    return { value: undefined, wrong: { message: error instanceof Error ? error.message : "no JSON", isFatal: true } };
  }
}
