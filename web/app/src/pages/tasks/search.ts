import type { Period } from "@/data/tasks";
import { PERIODS } from "@/data/tasks";

/** What is looked for among the tasks. */
export function readTasksSearch(raw: Record<string, unknown>): { q?: string } {
  return typeof raw["q"] === "string" && raw["q"] !== "" ? { q: raw["q"] } : {};
}

/** Of which time a task's page counts runs. */
export function readTaskSearch(raw: Record<string, unknown>): { period?: Period } {
  const period = PERIODS.find((one) => one === raw["period"]);
  return period ? { period } : {};
}
