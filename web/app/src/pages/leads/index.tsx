import { useSearch } from "@tanstack/react-router";
import { BatchView } from "./BatchView";
import { LeadList } from "./LeadList";
import type { LeadsSearch } from "./search";

export default function Leads() {
  const { batch, lead, status } = useSearch({ strict: false }) as LeadsSearch;
  return batch ? <BatchView key={batch} batch={batch} chosen={lead} status={status} /> : <LeadList status={status} />;
}
