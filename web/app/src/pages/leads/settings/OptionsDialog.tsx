import type { FormEvent } from "react";
import { useState } from "react";
import type { OptionsSchema, ProviderInfo } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Checkbox, Field, Input, Select } from "@/ui/Field";
import { useSending } from "@/ui/useSending";

type Options = Record<string, unknown>;

/** What a provider can be told: a field for each part of its schema. What is empty is as the provider has it. */
export function OptionsDialog({ provider, options: given, onClose, onSave }: { provider: ProviderInfo; options: Options; onClose: () => void; onSave: (options: Options) => Promise<void> }) {
  const [options, setOptions] = useState(given);
  const { isBusy, error, send } = useSending();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void send(() => onSave(options).then(onClose));
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Options of ${provider.title}`}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button tone="primary" type="submit" form="options" isBusy={isBusy}>
            Save
          </Button>
        </>
      }
    >
      <form id="options" onSubmit={save} className="flex flex-col gap-3 pb-2">
        {Object.entries(provider.optionsSchema.properties ?? {}).map(([name, schema]) => (
          <Option key={name} name={name} schema={schema} value={options[name]} onChange={(value) => setOptions((before) => withPart(before, name, value))} />
        ))}
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** A part that is nothing is not there. */
export function withPart(options: Options, name: string, value: unknown): Options {
  const { [name]: _, ...others } = options;
  return value === undefined || value === "" ? others : { ...others, [name]: value };
}

function Option({ name, schema, value, onChange }: { name: string; schema: OptionsSchema; value: unknown; onChange: (value: unknown) => void }) {
  const label = schema.title ?? name;
  if (schema.type === "boolean") return <Checkbox label={label} checked={value === true} onChange={(event) => onChange(event.target.checked || undefined)} />;
  if (schema.properties) {
    const parts = typeof value === "object" && value !== null ? (value as Options) : {};
    const change = (part: string, one: unknown) => {
      const next = withPart(parts, part, one);
      onChange(Object.keys(next).length > 0 ? next : undefined);
    };
    return (
      <fieldset className="flex flex-wrap gap-3">
        <legend className="mb-1 font-medium text-fg-2">{label}</legend>
        {Object.entries(schema.properties).map(([part, inner]) => (
          <Option key={part} name={part} schema={inner} value={parts[part]} onChange={(one) => change(part, one)} />
        ))}
      </fieldset>
    );
  }
  const fallback = schema.default === undefined ? undefined : String(schema.default);
  return (
    <Field label={label}>
      {(props) =>
        schema.enum ? (
          <Select {...props} value={String(value ?? "")} onChange={(event) => onChange(event.target.value)}>
            <option value="">as it comes</option>
            {schema.enum.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        ) : schema.type === "string" ? (
          <Input {...props} placeholder={fallback} value={String(value ?? "")} onChange={(event) => onChange(event.target.value)} />
        ) : (
          <Input {...props} type="number" min={0} step="any" placeholder={fallback} value={String(value ?? "")} onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))} />
        )
      }
    </Field>
  );
}
