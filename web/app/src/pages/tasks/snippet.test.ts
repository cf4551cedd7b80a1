import { expect, test } from "vitest";
import type { Task } from "@/data/tasks";
import { triggerSnippet } from "./snippet";

const task = (payloadSchema: unknown) => ({ name: "parse", payloadSchema }) as Task;

test("a snippet names what must be given, and what has a value already", () => {
  const schema = { type: "object", properties: { number: { type: "string" }, pages: { type: "integer", default: 3 }, note: { type: "string" } }, required: ["number"] };
  expect(triggerSnippet(task(schema))).toContain('tasks.trigger("parse", {"number": ..., "pages": 3})');
});

test("a task that takes nothing is triggered with nothing", () => {
  expect(triggerSnippet(task({ type: "object", properties: {} }))).toContain('tasks.trigger("parse")');
});
