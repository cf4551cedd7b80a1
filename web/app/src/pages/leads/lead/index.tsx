import { useParams } from "@tanstack/react-router";
import { LeadView } from "./LeadView";

export default function LeadPage() {
  const { leadId } = useParams({ strict: false });
  return leadId ? <LeadView key={leadId} id={leadId} /> : null;
}
