import type { LeadOptions } from "@/data/leads";
import { Checkbox, Select } from "@/ui/Field";

/** What is to be made. */
export function OptionFields({ options, onChange }: { options: LeadOptions; onChange: (change: Partial<LeadOptions>) => void }) {
  return (
    <div className="flex flex-col gap-2 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <Checkbox label="Generate e-mails" checked={options.generateEmails} onChange={(event) => onChange({ generateEmails: event.target.checked })} />
        {options.generateEmails && (
          <Select aria-label="How many e-mails" value={options.emails} onChange={(event) => onChange({ emails: Number(event.target.value) })}>
            {[1, 2, 3, 4, 5].map((n) => (
              <option key={n} value={n}>
                {n === 1 ? "one" : `a sequence of ${n}`}
              </option>
            ))}
          </Select>
        )}
      </div>
      <Checkbox label="Generate one-pager" checked={options.generateOnePager} onChange={(event) => onChange({ generateOnePager: event.target.checked })} />
      <Checkbox label="Ask for approval before it counts as done" checked={options.approval} onChange={(event) => onChange({ approval: event.target.checked })} />
    </div>
  );
}
