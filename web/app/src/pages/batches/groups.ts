import type { Run } from "@runcast/client";

/** What the runs of a batch are counted by. */
export const GROUPS = ["completed", "failed", "canceled", "running", "waiting", "queued"] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(run: Pick<Run, "status">): Group {
  switch (run.status) {
    case "COMPLETED":
      return "completed";
    case "FAILED":
    case "CRASHED":
    case "SYSTEM_FAILURE":
    case "TIMED_OUT":
      return "failed";
    case "CANCELED":
    case "EXPIRED":
      return "canceled";
    case "EXECUTING":
    case "DEQUEUED":
      return "running";
    case "WAITING":
      return "waiting";
    default:
      return "queued";
  }
}

export function countGroups(runs: readonly Pick<Run, "status">[]): Record<Group, number> {
  const counts = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  for (const run of runs) counts[groupOf(run)] += 1;
  return counts;
}

/** What part of a batch's runs is looked at. */
export function readBatchSearch(raw: Record<string, unknown>): { only?: Group } {
  const only = GROUPS.find((one) => one === raw["only"]);
  return only ? { only } : {};
}
