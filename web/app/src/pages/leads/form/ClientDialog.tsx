import type { FormEvent } from "react";
import { useState } from "react";
import type { LeadClient, NewClient } from "@/data/leads";
import { changeClient, createClient, removeClient } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select, TextArea } from "@/ui/Field";
import { useSending } from "@/ui/useSending";

const EMPTY: NewClient = { name: "", website: "", offer: "", tone: "friendly", sender: "", brandColor: "#4f46e5", logoUrl: "" };
const TONES = ["friendly", "formal", "direct", "playful"];

function textsOf({ name, website, offer, tone, sender, brandColor, logoUrl }: NewClient): NewClient {
  return { name, website, offer, tone, sender, brandColor, logoUrl };
}

/** Who a client is, in the words that the texts need: a new one, or one that is changed. */
export function ClientDialog({ client: given, onClose, onSaved, onRemoved }: { client?: LeadClient | undefined; onClose: () => void; onSaved: (client: LeadClient) => void; onRemoved?: () => void }) {
  const [client, setClient] = useState<NewClient>(given ? textsOf(given) : EMPTY);
  const [isSure, setSure] = useState(false);
  const { isBusy, error, send } = useSending();
  const set = (change: Partial<NewClient>) => setClient((before) => ({ ...before, ...change }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => onSaved(await (given ? changeClient(given.id, client) : createClient(client))));
  };
  const remove = () => (isSure && given ? void send(() => removeClient(given.id).then(onRemoved)) : setSure(true));
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={given ? given.name : "New client"}
      {...(given ? { description: "Leads that were begun keep what they were begun with." } : {})}
      footer={
        <>
          {given && (
            <Button tone="danger" className="mr-auto" onClick={remove}>
              {isSure ? "Delete; its leads stay" : "Delete…"}
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" type="submit" form="client" isBusy={isBusy}>
            {given ? "Save" : "Add client"}
          </Button>
        </>
      }
    >
      <form id="client" onSubmit={save} className="flex flex-col gap-3 pb-2">
        <Fields client={client} set={set} />
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function Fields({ client, set }: { client: NewClient; set: (change: Partial<NewClient>) => void }) {
  const tones = TONES.includes(client.tone) || !client.tone ? TONES : [client.tone, ...TONES];
  return (
    <>
      <Field label="Name">{(props) => <Input {...props} required maxLength={200} value={client.name} onChange={(event) => set({ name: event.target.value })} />}</Field>
      <Field label="Website">{(props) => <Input {...props} placeholder="https://globex.com" value={client.website} onChange={(event) => set({ website: event.target.value })} />}</Field>
      <Field label="Offer" hint="What it sells, in a sentence or two: the e-mails and the page are about it">
        {(props) => <TextArea {...props} rows={3} value={client.offer} onChange={(event) => set({ offer: event.target.value })} />}
      </Field>
      <Field label="Sender" hint="Who signs the e-mails, such as “Ada Lovelace, Globex”">
        {(props) => <Input {...props} value={client.sender} onChange={(event) => set({ sender: event.target.value })} />}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Tone">
          {(props) => (
            <Select {...props} value={client.tone} onChange={(event) => set({ tone: event.target.value })}>
              {tones.map((tone) => (
                <option key={tone}>{tone}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Brand colour">{(props) => <input {...props} type="color" className="h-7 w-full rounded-control" value={client.brandColor || "#4f46e5"} onChange={(event) => set({ brandColor: event.target.value })} />}</Field>
      </div>
      <Field label="Logo" hint="Its address; without one the page shows the initials">
        {(props) => <Input {...props} placeholder="https://globex.com/logo.png" value={client.logoUrl} onChange={(event) => set({ logoUrl: event.target.value })} />}
      </Field>
    </>
  );
}
