import { useEffect, useState } from "react";
import { parseJson } from "@/format/json";
import { Checkbox, Input, Select, TextArea } from "@/ui/Field";
import type { Field } from "../model/shape";

interface EditorProps {
  id: string;
  field: Field;
  value: unknown;
  isRequired: boolean;
  describedBy: string;
  isWrong: boolean;
  onChange: (value: unknown) => void;
}

/** The control for a value without parts. Emptied, an optional value is left out, and one that may be null becomes that. */
export function Editor({ field, value, isRequired, isWrong, describedBy, id, onChange }: EditorProps) {
  const { shape } = field;
  const nothing = isRequired && field.isNullable ? null : undefined;
  const common = { id, "aria-describedby": describedBy, "aria-invalid": isWrong || undefined, "aria-required": isRequired || undefined };
  const placeholder = field.fallback === undefined || field.fallback === null ? undefined : String(field.fallback);
  switch (shape.kind) {
    case "boolean":
      return !field.isNullable && (isRequired || typeof field.fallback === "boolean") ? (
        <Checkbox id={id} aria-describedby={describedBy} label={value === true ? "Yes" : "No"} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
      ) : (
        <Select {...common} value={typeof value === "boolean" ? String(value) : ""} onChange={(event) => onChange(event.target.value === "" ? nothing : event.target.value === "true")} className="self-start">
          <option value="">{placeholder === undefined ? "Not said" : `Not said: ${placeholder}`}</option>
          <option value="true">Yes</option>
          <option value="false">No</option>
        </Select>
      );
    case "choice": {
      const at = shape.choices.findIndex((one) => JSON.stringify(one.value) === JSON.stringify(value));
      return (
        <Select {...common} value={at} onChange={(event) => onChange(Number(event.target.value) < 0 ? nothing : shape.choices[Number(event.target.value)]?.value)} className="self-start">
          {(at < 0 || !isRequired || field.isNullable) && <option value={-1}>{isRequired && !field.isNullable ? "Choose…" : "Not said"}</option>}
          {shape.choices.map((one, index) => (
            <option key={one.label} value={index}>
              {one.label}
            </option>
          ))}
        </Select>
      );
    }
    case "number":
      return <NumberInput {...common} step={shape.step} placeholder={placeholder} value={value} onChange={(next) => onChange(next === undefined ? nothing : next)} />;
    case "json":
      return <JsonInput {...common} value={value} onChange={onChange} />;
    case "text": {
      const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
      const say = (next: string) => onChange(next === "" ? nothing : next);
      if (shape.isLong) return <TextArea {...common} rows={5} placeholder={placeholder} value={text} onChange={(event) => say(event.target.value)} />;
      const type = shape.isSecret ? "password" : shape.format === "date" ? "date" : "text";
      return (
        <span className="flex min-w-0 gap-2">
          <Input {...common} type={type} placeholder={placeholder ?? EXAMPLES[shape.format ?? ""]} value={text} onChange={(event) => say(event.target.value)} />
          {shape.format === "date-time" && <input type="datetime-local" aria-label="Pick a time" className="w-9 shrink-0 rounded-control border border-line-strong bg-sunken px-1" onChange={(event) => event.target.value && say(new Date(event.target.value).toISOString())} />}
        </span>
      );
    }
    default:
      return null;
  }
}

const EXAMPLES: Record<string, string> = { "date-time": "2026-01-31T09:00:00Z", time: "09:00:00", email: "ada@example.com", uri: "https://example.com", duration: "PT1H30M", uuid: "00000000-0000-4000-8000-000000000000" };

type Common = Pick<EditorProps, "id" | "value" | "onChange"> & { "aria-describedby": string; "aria-invalid": true | undefined; "aria-required": true | undefined };

/** What is typed stays as it is typed; what is no number yet is passed on as text, for the check to see. */
function NumberInput({ value, onChange, step, placeholder, ...rest }: Common & { step: number | undefined; placeholder: string | undefined }) {
  const [text, setText] = useState(shownNumber(value));
  useEffect(() => {
    if (numberOf(text) !== value) setText(shownNumber(value));
  }, [value, text]);
  return (
    <Input
      {...rest}
      inputMode={step === 1 ? "numeric" : "decimal"}
      placeholder={placeholder}
      value={text}
      className="sm:max-w-48"
      onChange={(event) => {
        setText(event.target.value);
        onChange(numberOf(event.target.value));
      }}
    />
  );
}

const shownNumber = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

function numberOf(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  if (Number.isNaN(number)) return text;
  return Number.isSafeInteger(number) || !/^-?[1-9]\d*$/.test(trimmed) ? number : parseJson(trimmed);
}

/** Anything, as JSON. Text that is no JSON is a text. */
function JsonInput({ value, onChange, ...rest }: Common) {
  const [text, setText] = useState(() => shownJson(value));
  useEffect(() => {
    if (JSON.stringify(jsonOf(text)) !== JSON.stringify(value)) setText(shownJson(value));
  }, [value, text]);
  return (
    <TextArea
      {...rest}
      rows={Math.min(10, Math.max(2, text.split("\n").length))}
      placeholder='Anything, as JSON: {"a": 1}. Other text is taken as text.'
      value={text}
      className="font-mono text-xs"
      onChange={(event) => {
        setText(event.target.value);
        onChange(jsonOf(event.target.value));
      }}
    />
  );
}

const shownJson = (value: unknown): string => (value === undefined ? "" : typeof value === "string" && jsonOf(value) === value ? value : JSON.stringify(value, null, 2));

function jsonOf(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
