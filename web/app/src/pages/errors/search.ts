import type { ErrorPeriod } from "@/data/errors";
import { ERROR_PERIODS } from "@/data/errors";

/** Of which time errors are shown, and of which task. */
export interface ErrorSearch {
  period?: ErrorPeriod;
  task?: string;
}

export function readErrorSearch(raw: Record<string, unknown>): ErrorSearch {
  const period = ERROR_PERIODS.find((one) => one === raw["period"]);
  return { ...(period ? { period } : {}), ...(typeof raw["task"] === "string" && raw["task"] !== "" ? { task: raw["task"] } : {}) };
}
