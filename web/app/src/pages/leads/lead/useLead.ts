import { useFollow, useRun } from "@runcast/react-hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { LeadAsset, LeadDetail } from "@/data/leads";
import { leadQuery } from "@/data/leads";
import type { Step } from "../steps";
import { progressOf, statusOf, stepsOf } from "../steps";
import type { Shown } from "@/ui/Status";

export interface LiveLead {
  lead: LeadDetail | undefined;
  steps: readonly Step[];
  status: Shown;
  progress: number;
  costUsd: number;
  assets: readonly LeadAsset[];
  error: Error | null;
  refetch: () => void;
}

/** A lead, and what its run says of it right now. */
export function useLead(id: string): LiveLead {
  const client = useQueryClient();
  const { data: lead, error, refetch } = useQuery(leadQuery(id));
  const { run } = useRun(lead?.triggerRunId);
  const reread = () => void client.invalidateQueries({ queryKey: ["leads", "lead", id] });
  useFollow(["topic:leads.leads"], {
    onEvents: (events) => events.some((event) => "key" in event && event.key === id) && reread(),
    onReset: reread,
  });
  const { isCompleted } = run ?? {};
  // What was made, and why it failed, is known best when the run has ended.
  useEffect(() => {
    if (isCompleted) void client.invalidateQueries({ queryKey: ["leads", "lead", id] });
  }, [isCompleted, client, id]);
  const metadata = run?.metadata;
  const cost = metadata?.["costUsd"];
  return {
    lead,
    steps: stepsOf(lead?.steps ?? [], run),
    status: statusOf(run, lead?.status ?? "queued"),
    progress: run ? (run.isSuccess ? 1 : progressOf(metadata)) : (lead?.progress ?? 0) / 100,
    // The run says at once what its own calls cost; the lead knows those of earlier runs, and of tries that failed.
    costUsd: Math.max(typeof cost === "number" ? cost : 0, lead?.costUsd ?? 0),
    assets: lead?.assets ?? [],
    error,
    refetch: () => void refetch(),
  };
}
