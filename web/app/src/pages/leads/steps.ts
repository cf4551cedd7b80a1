/** What a lead's run says of its steps, as the timeline shows them. */

import type { Run } from "@runcast/react-hooks";
import type { Shown } from "@/ui/Status";

export type StepKey = "enrich" | "research" | "write_emails" | "build_page" | "approval";

export interface Step {
  key: StepKey;
  title: string;
  status: Shown;
  /** Milliseconds since the epoch. */
  started?: number | undefined;
  finished?: number | undefined;
  detail: string;
  costUsd: number;
  /** The run whose streams and logs are the step's. */
  runId?: string | undefined;
  waitId?: string | undefined;
}

interface Planned {
  key: StepKey;
  title: string;
}

interface Told {
  status?: "running" | "waiting" | "done" | "failed";
  started?: number;
  finished?: number;
  detail?: string;
  costUsd?: number | null;
  runId?: string;
  waitId?: string;
}

const SHOWN: Record<NonNullable<Told["status"]>, Shown> = { running: "EXECUTING", waiting: "WAITING", done: "COMPLETED", failed: "FAILED" };
export const STREAMS: Partial<Record<StepKey, string>> = { write_emails: "emails", build_page: "page" };

/** The steps of a run's metadata; what was going on when the run ended did not end well. */
export function stepsOf(metadata: Record<string, unknown> | undefined, run?: Pick<Run, "isCompleted" | "isSuccess" | "isCancelled">): Step[] {
  const planned = (metadata?.["steps"] ?? []) as Planned[];
  return planned.map(({ key, title }) => {
    const told = (metadata?.[`step.${key}`] ?? {}) as Told;
    let status: Shown = told.status ? SHOWN[told.status] : "PENDING";
    if (run?.isCompleted && !run.isSuccess && (status === "EXECUTING" || status === "WAITING")) status = run.isCancelled ? "CANCELED" : "FAILED";
    return {
      key,
      title,
      status,
      started: told.started,
      finished: told.finished,
      detail: told.detail ?? "",
      costUsd: told.costUsd ?? 0,
      runId: told.runId,
      waitId: told.waitId,
    };
  });
}

/** 0 to 1; never backwards, because it is what the run says. */
export function progressOf(metadata: Record<string, unknown> | undefined): number {
  const value = metadata?.["progress"];
  return typeof value === "number" ? Math.max(0, Math.min(100, value)) / 100 : 0;
}

/** What to show open without being asked: what goes on, else what failed. */
export function openStep(steps: readonly Step[]): StepKey | undefined {
  return (steps.findLast((one) => one.status === "EXECUTING" || one.status === "WAITING") ?? steps.find((one) => one.status === "FAILED"))?.key;
}

/** Milliseconds until the end, from how long each step usually takes. Undefined where nothing is known, or it is up to a person. */
export function remainingMs(steps: readonly Step[], usual: Partial<Record<StepKey, { p50Ms: number; n: number }>>, now: number): number | undefined {
  let total = 0;
  let writing = 0;
  for (const step of steps) {
    if (step.key === "approval" || step.status === "COMPLETED" || step.status === "FAILED") continue;
    const known = usual[step.key];
    if (!known || known.n < 3) return undefined;
    const left = Math.max(known.p50Ms - (step.started === undefined ? 0 : now - step.started), known.p50Ms * 0.05);
    // The writing steps go on beside each other.
    if (step.key === "write_emails" || step.key === "build_page") writing = Math.max(writing, left);
    else total += left;
  }
  return total + writing;
}
