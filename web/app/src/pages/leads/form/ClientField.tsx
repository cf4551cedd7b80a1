import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
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
  const [isAdding, setAdding] = useState(false);
  const added = (client: LeadClient) => {
    cache.setQueryData(clientsQuery.queryKey, (before: LeadClient[] = []) => [...before, client]);
    setAdding(false);
    onChange(client.id);
  };
  return (
    <div className="flex items-end gap-2">
      <Field label="Client" hint="For whom the e-mails and pages are written" className="flex-1">
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
      <Button icon={<Plus />} className="mb-5" onClick={() => setAdding(true)}>
        New client
      </Button>
      {isAdding && <ClientDialog onClose={() => setAdding(false)} onSaved={added} />}
    </div>
  );
}
