import type { Path, Schema } from "../model/schema";
import type { Field as FieldModel } from "../model/shape";
import { fieldOf } from "../model/shape";
import { labelOf } from "../model/value";
import { useForm } from "./context";
import { Group } from "./Group";
import { Leaf } from "./Leaf";
import { ListField } from "./ListField";
import { RecordField } from "./RecordField";
import { UnionField } from "./UnionField";

export interface PartProps {
  label: string;
  field: FieldModel;
  path: Path;
  value: unknown;
  isRequired: boolean;
}

/** One value of a payload, whatever its schema asks for. */
export function PartField({ name, schema, path, value, isRequired, label }: { name: string; schema: Schema; path: Path; value: unknown; isRequired: boolean; label?: string }) {
  const { root } = useForm();
  const field = fieldOf(schema, root, name);
  const props: PartProps = { label: label ?? labelOf(name), field, path, value, isRequired };
  switch (field.shape.kind) {
    case "object":
      return field.shape.parts.length > 0 ? <Group {...props} shape={field.shape} /> : <RecordField {...props} shape={field.shape} />;
    case "list":
      return <ListField {...props} shape={field.shape} />;
    case "union":
      return <UnionField {...props} shape={field.shape} />;
    default:
      return <Leaf {...props} />;
  }
}
