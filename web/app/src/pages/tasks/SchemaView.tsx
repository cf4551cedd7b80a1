import { useState } from "react";
import type { Schema } from "@/pages/test/model/schema";
import type { Part } from "@/pages/test/model/shape";
import { fieldOf, summary } from "@/pages/test/model/shape";
import { Button } from "@/ui/Button";
import { Json } from "@/ui/Json";

const DEPTH_MAX = 4;

/** What a task takes, readable; the schema itself behind a button. */
export function SchemaView({ schema }: { schema: unknown }) {
  const [isRaw, setRaw] = useState(false);
  const root = schema as Schema;
  const { shape } = fieldOf(root, root);
  if (shape.kind === "object" && shape.parts.length === 0 && !shape.rest) return <p className="text-fg-2">It takes nothing.</p>;
  return (
    <div className="flex flex-col gap-3">
      {isRaw ? <Json value={schema} /> : shape.kind === "object" ? <Parts parts={shape.parts} root={root} depth={0} /> : <p>{summary(root, root)}</p>}
      <Button tone="quiet" className="-ml-2.5 self-start" onClick={() => setRaw(!isRaw)}>
        {isRaw ? "Show as a list" : "Show JSON Schema"}
      </Button>
    </div>
  );
}

function Parts({ parts, root, depth }: { parts: readonly Part[]; root: Schema; depth: number }) {
  return (
    <ul className={depth > 0 ? "mt-2 ml-1 flex flex-col gap-2 border-l border-line pl-3" : "flex flex-col gap-2.5"}>
      {parts.map((part) => (
        <PartLine key={part.name} part={part} root={root} depth={depth} />
      ))}
    </ul>
  );
}

function PartLine({ part, root, depth }: { part: Part; root: Schema; depth: number }) {
  const field = fieldOf(part.schema, root, part.name);
  const inner = field.shape.kind === "list" ? fieldOf(field.shape.item, root).shape : field.shape;
  const held = inner.kind === "object" && depth < DEPTH_MAX ? inner.parts : [];
  return (
    <li>
      <span className="flex flex-wrap items-baseline gap-x-2">
        <code className="font-mono text-xs font-medium">{part.name}</code>
        <span className="text-xs text-fg-2">{summary(part.schema, root)}</span>
        {part.isRequired ? <span className="text-2xs font-medium text-fg-2">required</span> : field.fallback !== undefined && field.fallback !== null && <span className="font-mono text-2xs text-fg-3">= {JSON.stringify(field.fallback)}</span>}
      </span>
      {field.description && <p className="text-xs text-fg-3">{field.description}</p>}
      {held.length > 0 && <Parts parts={held} root={root} depth={depth + 1} />}
    </li>
  );
}
