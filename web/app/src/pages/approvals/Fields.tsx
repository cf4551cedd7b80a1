import type { FormField } from "@/data/waits";
import { Checkbox, Field, Input, Select, TextArea } from "@/ui/Field";

/** What can be said beside the buttons, as the awaited value's schema has it. */
export function Fields({ fields, values, onChange }: { fields: readonly FormField[]; values: Readonly<Record<string, unknown>>; onChange: (values: Record<string, unknown>) => void }) {
  if (fields.length === 0) return null;
  return (
    <div className="flex flex-col gap-3">
      {fields.map((field) => {
        const value = values[field.name] ?? field.default;
        const set = (next: unknown) => onChange({ ...values, [field.name]: next });
        if (field.kind === "flag") return <Checkbox key={field.name} label={field.label} checked={value === true} onChange={(event) => set(event.target.checked)} />;
        return (
          <Field key={field.name} label={field.required ? field.label : `${field.label} (optional)`}>
            {(props) => {
              if (field.kind === "choice")
                return (
                  <Select {...props} value={String(value ?? "")} onChange={(event) => set(field.options.find((one) => String(one.value) === event.target.value)?.value)}>
                    {value === undefined && <option value="">Choose…</option>}
                    {field.options.map((one) => (
                      <option key={String(one.value)} value={String(one.value)}>
                        {one.label}
                      </option>
                    ))}
                  </Select>
                );
              if (field.kind === "text") return <TextArea {...props} rows={2} value={String(value ?? "")} onChange={(event) => set(event.target.value)} />;
              return <Input {...props} type="number" step={field.kind === "integer" ? 1 : "any"} value={value === undefined || value === null ? "" : String(value)} onChange={(event) => set(event.target.value === "" ? undefined : Number(event.target.value))} />;
            }}
          </Field>
        );
      })}
    </div>
  );
}
