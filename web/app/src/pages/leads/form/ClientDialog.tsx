import type { FormEvent } from "react";
import { useState } from "react";
import type { LeadClient, NewClient } from "@/data/leads";
import { createClient } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select, TextArea } from "@/ui/Field";

const EMPTY: NewClient = { name: "", website: "", offer: "", tone: "friendly", sender: "", brandColor: "#4f46e5", logoUrl: "" };
const TONES = ["friendly", "formal", "direct", "playful"];

/** Who a client is, in the words that the texts need. */
export function ClientDialog({ onClose, onSaved }: { onClose: () => void; onSaved: (client: LeadClient) => void }) {
  const [client, setClient] = useState(EMPTY);
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const set = (change: Partial<NewClient>) => setClient((before) => ({ ...before, ...change }));
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      onSaved(await createClient(client));
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New client"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" type="submit" form="client" isBusy={isBusy}>
            Add client
          </Button>
        </>
      }
    >
      <form id="client" onSubmit={(event) => void save(event)} className="flex flex-col gap-3 pb-2">
        <Field label="Name">{(props) => <Input {...props} required maxLength={200} value={client.name} onChange={(event) => set({ name: event.target.value })} />}</Field>
        <Field label="Website">{(props) => <Input {...props} placeholder="https://globex.com" value={client.website} onChange={(event) => set({ website: event.target.value })} />}</Field>
        <Field label="Offer" hint="What it sells, in a sentence or two">
          {(props) => <TextArea {...props} rows={3} value={client.offer} onChange={(event) => set({ offer: event.target.value })} />}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Tone">
            {(props) => (
              <Select {...props} value={client.tone} onChange={(event) => set({ tone: event.target.value })}>
                {TONES.map((tone) => (
                  <option key={tone}>{tone}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Brand colour">{(props) => <input {...props} type="color" className="h-7 w-full rounded-control" value={client.brandColor} onChange={(event) => set({ brandColor: event.target.value })} />}</Field>
        </div>
        <Field label="Sender" hint="Who signs the e-mails, such as “Ada Lovelace, Globex”" error={error}>
          {(props) => <Input {...props} value={client.sender} onChange={(event) => set({ sender: event.target.value })} />}
        </Field>
      </form>
    </Dialog>
  );
}
