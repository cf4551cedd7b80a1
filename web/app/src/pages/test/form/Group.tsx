import type { Schema } from "../model/schema";
import { isRecord } from "../model/schema";
import type { Part, Shape } from "../model/shape";
import { fieldOf } from "../model/shape";
import { useForm } from "./context";
import { Frame } from "./Frame";
import type { PartProps } from "./PartField";
import { PartField } from "./PartField";

/** An object with known parts. The payload itself has no frame. */
export function Group({ shape, ...props }: PartProps & { shape: Extract<Shape, { kind: "object" }> }) {
  const held = isRecord(props.value) ? props.value : {};
  const { root } = useForm();
  const parts = shape.parts.map((part) => (
    <div key={part.name} className={isShort(part, root) ? "min-w-0" : "col-span-full min-w-0"}>
      <PartField name={part.name} schema={part.schema} path={[...props.path, part.name]} value={held[part.name]} isRequired={part.isRequired} />
    </div>
  ));
  if (props.path.length === 0) return <div className="grid gap-4 sm:grid-cols-2">{parts}</div>;
  return (
    <Frame {...props}>
      <div className="grid gap-3 sm:grid-cols-2">{parts}</div>
    </Frame>
  );
}

/** Two of those share a line. */
function isShort(part: Part, root: Schema): boolean {
  const { shape } = fieldOf(part.schema, root, part.name);
  return shape.kind === "number" || shape.kind === "boolean" || shape.kind === "choice" || (shape.kind === "text" && !shape.isLong);
}
