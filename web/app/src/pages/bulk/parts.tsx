import type { Bulk } from "@/data/runs";
import { count, percent } from "@/format/number";
import { Progress } from "@/ui/Progress";
import { Status } from "@/ui/Status";

export const VERBS: Record<Bulk["type"], string> = { CANCEL: "Cancel", REPLAY: "Replay", RESUME: "Retry" };

const STATES = { PENDING: ["EXECUTING", "Running"], COMPLETED: ["COMPLETED", "Completed"], ABORTED: ["CANCELED", "Stopped"] } as const;

export function BulkState({ bulk }: { bulk: Bulk }) {
  const [shape, word] = STATES[bulk.status];
  return <Status status={shape} word={word} />;
}

/** The share that is done. Of nothing all is done. */
export function shareOf({ counts, status }: Bulk): number {
  if (status === "COMPLETED") return 1;
  return counts.total === 0 ? 0 : Math.min(1, (counts.success + counts.failure) / counts.total);
}

export function BulkProgress({ bulk }: { bulk: Bulk }) {
  const share = shareOf(bulk);
  const { counts } = bulk;
  return (
    <span className="flex items-center gap-2">
      <Progress share={share} label={`Progress of the bulk action`} hue={bulk.status === "COMPLETED" ? "ok" : bulk.status === "ABORTED" ? "idle" : "run"} isMoving={bulk.status === "PENDING"} className="min-w-20 flex-1" />
      <span className="w-10 text-right text-fg-2">{percent(share)}</span>
      <span className="text-fg-3 whitespace-nowrap">{`${count(counts.success + counts.failure)} of ${count(counts.total)}`}</span>
    </span>
  );
}
