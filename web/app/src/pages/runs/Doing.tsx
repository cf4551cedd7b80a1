import type { ListedRun } from "@/data/runs";
import { BAD } from "@/data/runs";
import { duration } from "@/format/duration";
import { count, percent, plural } from "@/format/number";
import { age, serverNow } from "@/format/time";
import { cx } from "@/ui/class";
import { Progress } from "@/ui/Progress";
import { useTick } from "@/ui/Time";
import { progressOf } from "./fold";

/** What a run is at, in one line: how far it is, when it is tried again, why it failed. */
export function Doing({ run }: { run: ListedRun }) {
  if (run.retryAt) return <Countdown run={run} at={run.retryAt} />;
  if (BAD.includes(run.status)) return <Reason run={run} />;
  if (run.status === "DELAYED" && run.delayedUntil) return <Starts at={run.delayedUntil} />;
  if (run.isQueued) return run.queue && run.queue !== run.taskIdentifier ? <span className="truncate text-fg-3">in {run.queue}</span> : null;
  if (run.isCompleted && run.counts && run.counts.failed > 0) return <Part counts={run.counts} />;
  const { share, label, leftS } = progressOf(run.metadata);
  if (run.status === "COMPLETED" || run.status === "CANCELED") return label ? <span className="truncate text-fg-3">{label}</span> : null;
  const isWaiting = run.status === "WAITING";
  return (
    <span className="flex min-w-0 items-center gap-2">
      {share !== undefined && <Progress share={share} label={`Progress of ${run.taskIdentifier}`} hue={isWaiting ? "wait" : "run"} isMoving={!isWaiting} className="w-24 shrink-0 max-xl:w-16" />}
      {share !== undefined && <span className={isWaiting ? "text-wait" : "text-run"}>{percent(share)}</span>}
      {label && <span className={cx("truncate", isWaiting ? "text-wait" : "text-fg-2")}>{label}</span>}
      {leftS !== undefined && !isWaiting && <span className="shrink-0 text-fg-3">~{duration(leftS * 1_000)} left</span>}
    </span>
  );
}

/** It is done, and some of it failed. */
function Part({ counts: { ok, failed, skipped } }: { counts: NonNullable<ListedRun["counts"]> }) {
  return (
    <span className="truncate text-fg-2">
      <span className="text-bad">{count(failed)} failed</span> of {plural(ok + failed + skipped, "item")}
    </span>
  );
}

function Reason({ run }: { run: ListedRun }) {
  const { error } = run;
  if (!error) return null;
  const message = error.message.split("\n", 1)[0] ?? "";
  return (
    <span className="truncate text-bad" title={`${error.name ?? "Error"}: ${error.message.slice(0, 1_000)}`}>
      {error.name && <span className="font-medium">{error.name}</span>}
      {error.name && message && " "}
      {message}
    </span>
  );
}

function Countdown({ run, at }: { run: ListedRun; at: string }) {
  useTick();
  const leftMs = Date.parse(at) - serverNow();
  const most = run.maxAttempts ? ` of ${run.maxAttempts}` : "";
  return (
    <span className="truncate text-run">
      attempt {(run.attemptCount ?? 0) + 1}
      {most} {leftMs > 0 ? `in ${duration(Math.ceil(leftMs / 1_000) * 1_000).replace(".0s", "s")}` : "now"}
      {run.error && <span className="text-fg-3"> · {run.error.name ?? run.error.message.slice(0, 80)}</span>}
    </span>
  );
}

function Starts({ at }: { at: string }) {
  useTick();
  return <span className="truncate text-fg-3">starts {age(at)}</span>;
}
