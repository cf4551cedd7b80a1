/** What a lead's run says of its steps, as the timeline shows them. */

import type { Run } from "@runcast/react-hooks";
import type { LeadStatus, LeadStep, StepKey, StepStatus } from "@/data/leads";
import type { Shown } from "@/ui/Status";

export interface Step {
  key: StepKey;
  title: string;
  status: Shown;
  /** Milliseconds since the epoch. */
  started: number | undefined;
  finished: number | undefined;
  detail: string;
  costUsd: number;
  /** The run whose streams and logs are the step's. */
  runId: string;
  stream: string;
  waitId: string;
  estimate: LeadStep["estimate"];
}

/** In the metadata of the lead's run, under `step.<key>`. */
interface Told {
  status: StepStatus;
  started: number;
  finished?: number;
  detail?: string;
  costUsd?: number;
  runId?: string;
  waitId?: string;
}

const STEP_SHOWN: Record<StepStatus, Shown> = { pending: "PENDING", running: "EXECUTING", waiting: "WAITING", done: "COMPLETED", failed: "FAILED", canceled: "CANCELED" };
const LEAD_SHOWN: Record<LeadStatus, Shown> = { queued: "QUEUED", running: "EXECUTING", waiting: "WAITING", completed: "COMPLETED", failed: "FAILED", canceled: "CANCELED", archived: "COMPLETED" };

export const shownLead = (status: LeadStatus): Shown => LEAD_SHOWN[status];

/** A lead waits only for a person; that its run waits for its children is its work. */
export function statusOf(run: Pick<Run, "status" | "metadata"> | undefined, status: LeadStatus): Shown {
  if (!run) return LEAD_SHOWN[status];
  return run.status === "WAITING" && !run.metadata?.["awaits"] ? "EXECUTING" : run.status;
}

type Ended = Pick<Run, "metadata" | "isCompleted" | "isSuccess" | "isCancelled">;

/** The steps as they were read, with what the run says since; what went on when the run ended did not end well. */
export function stepsOf(read: readonly LeadStep[], run?: Ended): Step[] {
  return read.map((step) => {
    const told = run?.metadata?.[`step.${step.key}`] as Told | undefined;
    let status = STEP_SHOWN[told?.status ?? (run && !run.isCompleted && step.status !== "done" ? "pending" : step.status)];
    if (run?.isCompleted && !run.isSuccess && (status === "EXECUTING" || status === "WAITING")) status = run.isCancelled ? "CANCELED" : "FAILED";
    return {
      key: step.key,
      title: step.title,
      status,
      started: told?.started ?? at(step.started),
      finished: told ? told.finished : at(step.finished),
      detail: told ? (told.detail ?? "") : step.detail,
      costUsd: told?.costUsd ?? step.costUsd ?? 0,
      runId: (told?.runId ?? step.runId) || "",
      stream: step.stream,
      waitId: (told?.waitId ?? step.waitId) || "",
      estimate: step.estimate,
    };
  });
}

const at = (moment: string | null) => (moment === null ? undefined : Date.parse(moment));

/** 0 to 1. */
export function progressOf(metadata: Record<string, unknown> | undefined): number {
  const value = metadata?.["progress"];
  return typeof value === "number" ? Math.max(0, Math.min(100, value)) / 100 : 0;
}

/** What to show open without being asked: what goes on, else what failed. */
export function openStep(steps: readonly Step[]): StepKey | undefined {
  return (steps.findLast((one) => one.status === "EXECUTING" || one.status === "WAITING") ?? steps.find((one) => one.status === "FAILED"))?.key;
}

export interface Remaining {
  ms: number;
  /** From so many runs of the step that is known least; 0: a guess. */
  n: number;
}

/** Until a step that goes on is done, from how long it usually takes. Undefined where nothing is known, or it waits for a person. */
export function remainingOf(step: Step, now: number): Remaining | undefined {
  if (step.status !== "EXECUTING" || !step.estimate || step.started === undefined) return undefined;
  const usual = step.estimate.seconds * 1_000;
  return { ms: Math.max(usual - (now - step.started), usual * ALMOST), n: step.estimate.n };
}

/** Of a step that takes longer than usual, so much is said to remain. */
const ALMOST = 0.05;

/** Until the end, from how long each step usually takes. Undefined where nothing is known. */
export function remaining(steps: readonly Step[], now: number): Remaining | undefined {
  let total = 0;
  let writing = 0;
  let n = Number.POSITIVE_INFINITY;
  for (const step of steps) {
    if (step.key === "approval" || step.status === "COMPLETED" || step.status === "FAILED") continue;
    if (!step.estimate) return undefined;
    const usual = step.estimate.seconds * 1_000;
    const left = Math.max(usual - (step.started === undefined ? 0 : now - step.started), usual * ALMOST);
    n = Math.min(n, step.estimate.n);
    // The writing steps go on beside each other.
    if (step.key === "write_emails" || step.key === "build_page") writing = Math.max(writing, left);
    else total += left;
  }
  return { ms: total + writing, n: Number.isFinite(n) ? n : 0 };
}
