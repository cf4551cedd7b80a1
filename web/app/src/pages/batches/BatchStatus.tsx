import type { Run } from "@runcast/client";
import type { Batch } from "@/data/batches";
import { Status } from "@/ui/Status";
import { countGroups } from "./groups";

export type Outcome = "filling" | "running" | "completed" | "partial" | "failed" | "canceled" | "aborted";

/** How a batch stands, runs that failed and items that were refused included. */
export function outcomeOf(batch: Batch, runs: readonly Pick<Run, "status">[]): Outcome {
  if (batch.status === "ABORTED") return "aborted";
  if (batch.status === "PENDING") return "filling";
  const counts = countGroups(runs);
  if (counts.running + counts.waiting + counts.queued > 0) return "running";
  const lost = counts.failed + counts.canceled + batch.processing.errors.length;
  if (lost === 0) return "completed";
  if (counts.completed > 0) return "partial";
  return counts.failed > 0 ? "failed" : "canceled";
}

export function BatchStatus({ outcome }: { outcome: Outcome }) {
  switch (outcome) {
    case "filling":
      return <Status status="PENDING" word="Filling" />;
    case "running":
      return <Status status="EXECUTING" />;
    case "completed":
      return <Status status="COMPLETED" />;
    case "partial":
      return <Status status="PARTIAL" />;
    case "failed":
      return <Status status="FAILED" />;
    case "canceled":
      return <Status status="CANCELED" />;
    case "aborted":
      return <Status status="FAILED" word="Aborted" />;
  }
}
