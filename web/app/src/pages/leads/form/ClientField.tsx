import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useState } from "react";
import type { LeadClient } from "@/data/leads";
import { clientsQuery } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Field, Select } from "@/ui/Field";
import { ClientDialog } from "./ClientDialog";

/** For whom the leads are: one of the clients, or a new one. */
export function ClientField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const cache = useQueryClient();
  const { data: clients = [] } = useQuery(clientsQuery);
  const [edited, setEdited] = useState<LeadClient | "new">();
  const chosen = clients.find((client) => client.id === value);
  const close = () => setEdited(undefined);
  const keep = (change: (before: LeadClient[]) => LeadClient[], id: string) => {
    cache.setQueryData(clientsQuery.queryKey, (before: LeadClient[] = []) => change(before));
    close();
    onChange(id);
  };
  const without = (before: LeadClient[], id: string) => before.filter((one) => one.id !== id);
  return (
    <div className="flex flex-wrap items-start gap-2">
      <Field label="Client" hint="For whom the e-mails and pages are written" className="min-w-40 flex-1">
        {(props) => (
          <Select {...props} className="w-full" value={value} onChange={(event) => onChange(event.target.value)}>
            <option value="" disabled>
              {clients.length === 0 ? "There is no client yet" : "Choose a client"}
            </option>
            {clients.map((client) => (
              <option key={client.id} value={client.id}>
                {client.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <span className="flex gap-2 pt-6">
        {chosen && <Button icon={<Pencil />} aria-label={`Edit ${chosen.name}`} title={`Edit ${chosen.name}`} onClick={() => setEdited(chosen)} />}
        <Button icon={<Plus />} tone={clients.length === 0 ? "primary" : "plain"} onClick={() => setEdited("new")}>
          New client
        </Button>
      </span>
      {edited && (
        <ClientDialog
          client={edited === "new" ? undefined : edited}
          onClose={close}
          onSaved={(client) => keep((before) => [...without(before, client.id), client].toSorted((one, other) => one.name.localeCompare(other.name)), client.id)}
          onRemoved={() => edited !== "new" && keep((before) => without(before, edited.id), "")}
        />
      )}
    </div>
  );
}
