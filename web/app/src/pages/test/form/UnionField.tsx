import { Select } from "@/ui/Field";
import { useForm } from "./context";
import { isRecord, resolved } from "../model/schema";
import type { Shape } from "../model/shape";
import { blank, variantOf } from "../model/value";
import { Frame } from "./Frame";
import type { PartProps } from "./PartField";
import { PartField } from "./PartField";

/** A value of one of several forms: which, and then that. */
export function UnionField({ shape, ...props }: PartProps & { shape: Extract<Shape, { kind: "union" }> }) {
  const { change, root } = useForm();
  const at = variantOf(props.value, shape, root);
  const chosen = shape.variants[at];
  const choose = (index: number) => {
    const variant = shape.variants[index];
    if (variant) change(props.path, blank(variant.schema, root) ?? emptyOf(resolved(variant.schema, root).type));
  };
  const choice = (
    <Select aria-label={`Form of ${props.label}`} value={at} onChange={(event) => choose(Number(event.target.value))} className="h-6">
      {shape.variants.map((one, index) => (
        <option key={index} value={index}>
          {one.label}
        </option>
      ))}
    </Select>
  );
  const shown = chosen && withoutMark(chosen, shape.discriminator, root);
  return (
    <Frame {...props} note={props.value !== undefined && props.value !== null && choice}>
      {shown && <Inside {...props} schema={shown.schema} />}
    </Frame>
  );
}

function Inside({ schema, value, path, label }: PartProps & { schema: Parameters<typeof blank>[0] }) {
  const { root } = useForm();
  const rule = resolved(schema, root);
  if (rule.type !== "object" || !rule.properties) return <PartField name={label} label="Value" schema={schema} path={path} value={value} isRequired />;
  const held = isRecord(value) ? value : {};
  const required = new Set(rule.required);
  return Object.entries(rule.properties).map(([name, part]) => <PartField key={name} name={name} schema={part} path={[...path, name]} value={held[name]} isRequired={required.has(name)} />);
}

/** The mark of a variant is chosen with the variant. */
function withoutMark(variant: { label: string; schema: Parameters<typeof blank>[0] }, mark: string | undefined, root: Parameters<typeof blank>[1]) {
  if (mark === undefined) return variant;
  const rule = resolved(variant.schema, root);
  const { [mark]: _mark, ...properties } = rule.properties ?? {};
  return { ...variant, schema: { ...rule, properties } };
}

function emptyOf(type: string | string[] | undefined): unknown {
  return type === "string" ? "" : type === "integer" || type === "number" ? 0 : null;
}
