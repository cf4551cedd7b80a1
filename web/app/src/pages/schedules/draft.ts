import type { CatchUp, Overlap, Schedule, ScheduleBody } from "@/data/schedules";
import { parseJson } from "@/format/json";

/** What is typed into the form of a schedule. */
export interface Draft {
  task: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  catchUp: CatchUp;
  window: string;
  key: string;
  externalId: string;
  payload: string;
}

/** What the form begins with. */
export function startOf(schedule: Schedule | undefined, zone: string): Draft {
  return {
    task: schedule?.task ?? "",
    cron: schedule?.generator.expression ?? "0 9 * * 1-5",
    timezone: schedule?.timezone ?? zone,
    overlap: schedule?.overlap ?? "allow",
    catchUp: schedule?.catchUp ?? "last",
    window: schedule?.window ?? "",
    key: schedule?.deduplicationKey ?? "",
    externalId: schedule?.externalId ?? "",
    payload: schedule?.payload ? JSON.stringify(schedule.payload, null, 2) : "",
  };
}

/** What is sent. Throws for a payload that is no JSON object. */
export function asBody(draft: Draft): Omit<ScheduleBody, "deduplicationKey"> {
  return {
    task: draft.task,
    cron: draft.cron.trim(),
    timezone: draft.timezone.trim(),
    overlap: draft.overlap,
    catchUp: draft.catchUp,
    window: draft.window.trim() || null,
    externalId: draft.externalId.trim() || null,
    payload: payloadOf(draft.payload),
  };
}

function payloadOf(text: string): Record<string, unknown> | null {
  if (text.trim() === "") return null;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new Error(`The payload is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("The payload is an object: the task's parameters by name");
  return value as Record<string, unknown>;
}
