import { isRecord } from "../model/schema";
import type { Shape } from "../model/shape";
import { Frame } from "./Frame";
import type { PartProps } from "./PartField";
import { PartField } from "./PartField";

/** An object with known parts. The payload itself has no frame. */
export function Group({ shape, ...props }: PartProps & { shape: Extract<Shape, { kind: "object" }> }) {
  const held = isRecord(props.value) ? props.value : {};
  const parts = shape.parts.map((part) => <PartField key={part.name} name={part.name} schema={part.schema} path={[...props.path, part.name]} value={held[part.name]} isRequired={part.isRequired} />);
  if (props.path.length === 0) return <div className="flex flex-col gap-4">{parts}</div>;
  return <Frame {...props}>{parts}</Frame>;
}
