import type { FormEvent } from "react";
import { useState } from "react";
import type { Variable } from "@/data/settings";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Checkbox, Field, Input, TextArea } from "@/ui/Field";
import { readDotenv } from "./dotenv";

type Save = (values: Record<string, string>, isSecret: boolean) => Promise<void>;

/** A variable, new or with another value. */
export function PutVariable({ variable, onSave, onClose }: { variable?: Variable; onSave: Save; onClose: () => void }) {
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(variable && !variable.isSecret ? variable.value : "");
  const [isSecret, setSecret] = useState(variable?.isSecret ?? true);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void onSave({ [name.trim()]: value }, isSecret);
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={variable ? `Change ${variable.name}` : "Add variable"}
      footer={
        <Button tone="primary" type="submit" form="variable">
          {variable ? "Save value" : "Add variable"}
        </Button>
      }
    >
      <form id="variable" onSubmit={submit} className="flex flex-col gap-3 py-2">
        {!variable && (
          <Field label="Name">
            {(props) => <Input {...props} required autoFocus pattern="[A-Za-z_][A-Za-z0-9_]*" spellCheck={false} placeholder="OPENAI_API_KEY" className="font-mono" value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        )}
        <Field label="Value">{(props) => <TextArea {...props} rows={2} autoFocus={variable !== undefined} spellCheck={false} autoComplete="off" className="font-mono text-xs" value={value} onChange={(event) => setValue(event.target.value)} />}</Field>
        {!variable && <Checkbox label="Secret: shown to nobody again, only told to workers" checked={isSecret} onChange={(event) => setSecret(event.target.checked)} />}
      </form>
    </Dialog>
  );
}

/** Many at once, from a file or pasted. */
export function ImportVariables({ onSave, onClose }: { onSave: Save; onClose: () => void }) {
  const [text, setText] = useState("");
  const [isSecret, setSecret] = useState(true);
  const { variables, wrong } = readDotenv(text);
  const count = Object.keys(variables).length;
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title="Import .env"
      description="Paste what the file holds, or choose it. What exists gets the new value."
      footer={
        <Button
          tone="primary"
          disabled={count === 0}
          onClick={() => {
            void onSave(variables, isSecret);
            onClose();
          }}
        >
          Import {plural(count, "variable")}
        </Button>
      }
    >
      <div className="flex flex-col gap-3 py-2">
        <input
          type="file"
          aria-label="Choose a .env file"
          className="text-xs text-fg-2"
          onChange={(event) => {
            void event.target.files?.[0]?.text().then(setText);
          }}
        />
        <Field label="Variables" error={wrong[0] === undefined ? undefined : `Not understood: ${wrong[0].slice(0, 80)}`}>
          {(props) => <TextArea {...props} rows={10} spellCheck={false} placeholder={"OPENAI_API_KEY=sk-…\nREGION=eu"} className="font-mono text-xs" value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        <Checkbox label="All of them are secrets" checked={isSecret} onChange={(event) => setSecret(event.target.checked)} />
      </div>
    </Dialog>
  );
}
