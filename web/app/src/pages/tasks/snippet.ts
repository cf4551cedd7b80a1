import type { Task } from "@/data/tasks";
import type { Schema } from "@/pages/test/model/schema";
import { blank } from "@/pages/test/model/value";

/** How the task is triggered from Python. */
export function triggerSnippet(task: Task): string {
  const schema = task.payloadSchema as Schema;
  const payload = blank(schema, schema);
  const given = payload === undefined || (typeof payload === "object" && payload !== null && Object.keys(payload).length === 0) ? "" : `, ${python(payload)}`;
  return `from runcast import tasks\n\nrun = await tasks.trigger("${task.name}"${given})`;
}

/** A value as Python writes it. */
function python(value: unknown): string {
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
