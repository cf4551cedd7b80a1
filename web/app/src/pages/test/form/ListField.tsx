import { Plus, Trash2 } from "lucide-react";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { useForm } from "./context";
import type { Shape } from "../model/shape";
import { fieldOf } from "../model/shape";
import { blank, titleOf } from "../model/value";
import { Frame } from "./Frame";
import { Lines } from "./Lines";
import type { PartProps } from "./PartField";
import { PartField } from "./PartField";

/** A list: texts one a line, anything else one below the other. */
export function ListField({ shape, ...props }: PartProps & { shape: Extract<Shape, { kind: "list" }> }) {
  const { change, root } = useForm();
  const items = Array.isArray(props.value) ? (props.value as unknown[]) : [];
  const inner = fieldOf(shape.item, root).shape;
  const isTexts = shape.prefix.length === 0 && inner.kind === "text" && items.every((one) => typeof one === "string");
  const isFull = items.length >= shape.max;
  const note = Array.isArray(props.value) && <span className="text-xs text-fg-3">{plural(items.length, "item")}</span>;
  return (
    <Frame {...props} note={note}>
      {isTexts ? (
        <Lines label={props.label} path={props.path} items={items as string[]} />
      ) : (
        <>
          {items.map((item, index) => (
            <div key={index} className="flex items-start gap-2">
              <div className="min-w-0 flex-1">
                <PartField name={String(index)} label={itemLabel(props.label, item, index)} schema={shape.prefix[index] ?? shape.item} path={[...props.path, index]} value={item} isRequired />
              </div>
              {index >= shape.prefix.length && <Button tone="quiet" icon={<Trash2 />} aria-label={`Remove item ${index + 1} of ${props.label}`} onClick={() => change(props.path, items.filter((_, at) => at !== index))} />}
            </div>
          ))}
          {!isFull && (
            <Button className="self-start" icon={<Plus />} onClick={() => change([...props.path, items.length], blank(shape.item, root) ?? null)}>
              Add item
            </Button>
          )}
        </>
      )}
    </Frame>
  );
}

function itemLabel(list: string, item: unknown, index: number): string {
  const title = titleOf(item);
  return `${list} ${index + 1}${title && `: ${title}`}`;
}
