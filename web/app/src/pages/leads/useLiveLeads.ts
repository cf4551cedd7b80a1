import type { Run } from "@runcast/react-hooks";
import { useFollow } from "@runcast/react-hooks";
import { useEffect, useRef, useState } from "react";
import type { Lead, LeadStatus } from "@/data/leads";
import { progressOf } from "./steps";

export const LIVE: ReadonlySet<LeadStatus> = new Set(["queued", "running", "waiting"]);
const FOLLOWED_MAX = 150;

/** What to follow for a list: the batch as a whole, or the runs that go on. */
function topicsOf(leads: readonly Lead[], batch: string | undefined): string[] {
  if (batch) return [`tag:leads:${batch}`];
  const going = leads.filter((lead) => LIVE.has(lead.status));
  return going.slice(0, FOLLOWED_MAX).map((lead) => `run:${lead.triggerRunId}`);
}

/** Leads of a list with what their runs say right now: one subscription, drawn once a frame. */
export function useLiveLeads(leads: readonly Lead[] | undefined, batch?: string): readonly Lead[] | undefined {
  const runs = useRef(new Map<string, Run>());
  const [, draw] = useState(0);
  const frame = useRef(0);
  const shown = new Set(leads?.map((lead) => lead.triggerRunId));
  useFollow(topicsOf(leads ?? [], batch), {
    onEvents: (events) => {
      let isNews = false;
      for (const event of events) {
        if (!("d" in event) || !shown.has(event.d.id)) continue;
        runs.current.set(event.d.id, event.d);
        isNews = true;
      }
      if (isNews && frame.current === 0)
        frame.current = requestAnimationFrame(() => {
          frame.current = 0;
          draw((n) => n + 1);
        });
    },
    onReset: () => runs.current.clear(),
  });
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return leads?.map((lead) => {
    const run = runs.current.get(lead.triggerRunId);
    return run ? withRun(lead, run) : lead;
  });
}

export function withRun(lead: Lead, run: Run): Lead {
  const { costUsd, currentStep } = (run.metadata ?? {}) as { costUsd?: number; currentStep?: string };
  return {
    ...lead,
    status: leadStatus(run),
    progress: run.isSuccess ? 100 : Math.round(progressOf(run.metadata) * 100),
    costUsd: Math.max(costUsd ?? 0, lead.costUsd),
    ...(currentStep === undefined ? {} : { currentStep }),
    ...(run.error ? { error: { message: run.error.message, step: "" } } : {}),
    ...(run.finishedAt ? { finishedAt: run.finishedAt } : {}),
  };
}

/** The status of a lead by that of its run. */
function leadStatus(run: Run): LeadStatus {
  if (run.isSuccess) return "completed";
  if (run.isCancelled) return "canceled";
  if (run.isCompleted) return "failed";
  if (run.isWaiting && run.metadata?.["awaits"]) return "waiting";
  return run.isQueued && !run.metadata?.["progress"] ? "queued" : "running";
}
