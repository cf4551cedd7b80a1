import type { Task } from "@/data/tasks";
import type { Schema } from "@/pages/test/model/schema";
import { fieldOf } from "@/pages/test/model/shape";
import { blank } from "@/pages/test/model/value";

/** How the task is triggered from Python. */
export function triggerSnippet(task: Task): string {
  const schema = task.payloadSchema as Schema;
  const payload = withGaps(blank(schema, schema), schema);
  const given = payload === undefined || (typeof payload === "object" && payload !== null && Object.keys(payload).length === 0) ? "" : `, ${python(payload)}`;
  return `from runcast import tasks\n\nrun = await tasks.trigger("${task.name}"${given})`;
}

/** What only the person can say: Python's ellipsis. */
const GAP = Symbol("...");

/** The payload, with a gap for each part that has to be there and has no value to begin with. */
function withGaps(payload: unknown, schema: Schema): unknown {
  const { shape } = fieldOf(schema, schema);
  if (shape.kind !== "object") return payload;
  const given = (payload ?? {}) as Record<string, unknown>;
  const parts = shape.parts.filter((part) => part.isRequired || part.name in given);
  return Object.fromEntries(parts.map((part) => [part.name, part.name in given ? given[part.name] : GAP]));
}

/** A value as Python writes it. */
function python(value: unknown): string {
  if (value === GAP) return "...";
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${python(one)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}
