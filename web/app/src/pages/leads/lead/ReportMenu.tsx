import { Download } from "lucide-react";
import { hrefOf } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Menu } from "@/ui/Menu";

const FORMATS = [
  ["html", "A page", "Needs nothing else: to print, or to send"],
  ["json", "JSON", "Everything, with what was made"],
  ["csv", "CSV", "A row for each step"],
] as const;

/** The report of a lead, in one form or another. */
export function ReportMenu({ id }: { id: string }) {
  const open = (format: string) => window.open(hrefOf(`/api/leads/${id}/report?format=${format}${format === "html" ? "" : "&download=true"}`), "_blank", "noopener");
  return <Menu align="end" trigger={<Button icon={<Download />}>Report</Button>} items={FORMATS.map(([format, label, hint]) => ({ label, hint, onSelect: () => open(format) }))} />;
}
