import type { Batch } from "@/data/batches";
import { plural } from "@/format/number";
import { Section } from "@/ui/Page";
import { Table } from "@/ui/Table";

/** Items that became no run, and why. */
export function Refused({ errors }: { errors: Batch["processing"]["errors"] }) {
  return (
    <Section title={`${plural(errors.length, "item")} refused`}>
      <Table
        label="Refused items"
        rows={errors}
        keyOf={(one) => String(one.index)}
        columns={[
          { key: "index", label: "Item", className: "w-20", cell: (one) => one.index },
          { key: "task", label: "Task", isWide: true, cell: (one) => one.taskIdentifier },
          { key: "why", label: "Why", cell: (one) => <span className="break-words text-wait">{one.error}</span> },
        ]}
      />
    </Section>
  );
}
