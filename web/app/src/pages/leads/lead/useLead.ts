import { useFollow, useRun } from "@runcast/react-hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Lead, LeadAsset } from "@/data/leads";
import { assetsQuery, leadQuery } from "@/data/leads";
import type { Step } from "../steps";
import { progressOf, stepsOf } from "../steps";
import type { Shown } from "@/ui/Status";

export interface LiveLead {
  lead: Lead | undefined;
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
  const { data: assets = [] } = useQuery(assetsQuery(id));
  const { run } = useRun(lead?.triggerRunId);
  const reread = () => {
    void client.invalidateQueries({ queryKey: ["leads", "lead", id] });
    void client.invalidateQueries({ queryKey: ["leads", "assets", id] });
  };
  useFollow(["topic:leads.leads"], {
    onEvents: (events) => events.some((event) => "key" in event && event.key === id) && reread(),
    onReset: reread,
  });
  const metadata = run?.metadata;
  const status = (run?.status ?? lead?.status ?? "QUEUED") as Shown;
  const cost = metadata?.["costUsd"];
  return {
    lead,
    steps: stepsOf(metadata, run),
    status,
    progress: run ? (run.isSuccess ? 1 : progressOf(metadata)) : (lead?.progress ?? 0) / 100,
    costUsd: typeof cost === "number" ? cost : (lead?.costUsd ?? 0),
    assets,
    error,
    refetch: () => void refetch(),
  };
}
