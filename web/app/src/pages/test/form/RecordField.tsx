import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Input } from "@/ui/Field";
import { useForm } from "./context";
import { isRecord } from "../model/schema";
import type { Shape } from "../model/shape";
import { blank } from "../model/value";
import { Frame } from "./Frame";
import type { PartProps } from "./PartField";
import { PartField } from "./PartField";

/** An object whose names are free: a name and a value a row. */
export function RecordField({ shape, ...props }: PartProps & { shape: Extract<Shape, { kind: "object" }> }) {
  const { change, root } = useForm();
  const [name, setName] = useState("");
  const held = isRecord(props.value) ? props.value : {};
  const rest = shape.rest ?? {};
  const add = () => {
    if (name === "" || name in held) return;
    change([...props.path, name], blank(rest, root) ?? null);
    setName("");
  };
  return (
    <Frame {...props}>
      {Object.entries(held).map(([key, value]) => (
        <div key={key} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <PartField name={key} label={key} schema={rest} path={[...props.path, key]} value={value} isRequired />
          </div>
          <Button tone="quiet" icon={<Trash2 />} aria-label={`Remove ${key}`} onClick={() => change([...props.path, key], undefined)} />
        </div>
      ))}
      {shape.rest && (
        <div className="flex gap-2">
          <Input
            aria-label={`New name in ${props.label}`}
            placeholder="Name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              add();
            }}
          />
          <Button icon={<Plus />} onClick={add} disabled={name === "" || name in held}>
            Add
          </Button>
        </div>
      )}
    </Frame>
  );
}
