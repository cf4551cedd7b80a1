import type { FormEvent } from "react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, TextArea } from "@/ui/Field";
import { useSending } from "@/ui/useSending";

const SAMPLE = {
  title: "Our people service",
  url: "https://people.example.com/v1/by-linkedin/{{slug}}",
  headers: { authorization: "Bearer {{env.LEADS_PEOPLE_KEY}}" },
  fields: { name: "person.full_name", title: "person.positions[0].title", company: "person.positions[0].company" },
  statuses: { "404": "no_match" },
};

/** A provider of profiles that one describes: a request, and where its answer has what. */
export function TemplateDialog({ name: given, options, onClose, onSave }: { name?: string; options?: Record<string, unknown> | undefined; onClose: () => void; onSave: (name: string, options: Record<string, unknown> | undefined) => Promise<void> }) {
  const [name, setName] = useState(given?.replace("http:", "") ?? "");
  const [text, setText] = useState(() => JSON.stringify(options ?? SAMPLE, undefined, 2));
  const { isBusy, error, send } = useSending();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => onSave(`http:${name.trim()}`, JSON.parse(text) as Record<string, unknown>).then(onClose));
  };
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={given ? `How ${given} is asked` : "Describe a provider of profiles"}
      description="Any HTTP interface that answers with JSON. Of environment variables it may use those that begin with LEADS_."
      footer={
        <>
          {given && (
            <Button tone="danger" className="mr-auto" onClick={() => void send(() => onSave(given, undefined).then(onClose))}>
              Remove
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" type="submit" form="template" isBusy={isBusy}>
            Save
          </Button>
        </>
      }
    >
      <form id="template" onSubmit={save} className="flex flex-col gap-3 pb-2">
        {!given && <Field label="Name">{(props) => <Input {...props} required pattern="[a-z0-9_\-]+" placeholder="people" value={name} onChange={(event) => setName(event.target.value)} />}</Field>}
        <Field label="Description" error={error}>
          {(props) => <TextArea {...props} rows={16} spellCheck={false} className="font-mono text-xs" value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
