import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { duration } from "@/format/duration";
import { count, money, percent } from "@/format/number";
import { serverNow } from "@/format/time";
import type { Attempts, Usage, WholeRun } from "@/data/run";
import { durationsQuery, usageQuery } from "@/data/run";
import type { Trace } from "@/data/trace";
import { useSpans } from "@/data/trace";
import { cx } from "@/ui/class";
import { Progress } from "@/ui/Progress";
import { lookOf } from "@/ui/Status";
import { useTick } from "@/ui/Time";
import { clamped, remaining } from "./eta";

/** How far it is, as a bar, and the numbers that one looks for first. */
export function Strip({ run, whole, attempts, trace }: { run: Run; whole: WholeRun | undefined; attempts: Attempts | undefined; trace: Trace }) {
  useTick(!run.isCompleted);
  const { data: usage } = useQuery(usageQuery(run.id));
  const said = run.metadata?.["progress"];
  const label = run.metadata?.["currentStep"];
  const share = run.isSuccess ? 1 : typeof said === "number" ? said / 100 : undefined;
  const { hue } = lookOf(run.status);
  const start = run.startedAt ? Date.parse(run.startedAt) : undefined;
  const elapsed = start === undefined ? undefined : (run.finishedAt ? Date.parse(run.finishedAt) : serverNow()) - start;
  const max = whole?.maxAttempts;
  return (
    <div className="flex flex-wrap items-end gap-x-6 gap-y-2 border-b border-line px-4 py-2">
      {(share !== undefined || typeof label === "string") && (
        <div className="min-w-48 flex-1">
          <div className="flex gap-2 text-xs text-fg-2">
            <span className="min-w-0 flex-1 truncate" title={typeof label === "string" ? label : undefined}>
              {typeof label === "string" ? label : "Progress"}
            </span>
            {share !== undefined && <span>{percent(share)}</span>}
          </div>
          <Progress share={share ?? 0} label="Progress" hue={hue} isMoving={run.isExecuting} className="mt-1" />
        </div>
      )}
      <dl className={cx("flex flex-wrap gap-x-6 gap-y-1 max-sm:gap-x-4", share === undefined && typeof label !== "string" && "flex-1")}>
        <Figure label={run.isCompleted ? "Took" : "Elapsed"} value={elapsed === undefined ? "–" : duration(elapsed)} />
        {!run.isCompleted && <Remaining run={run} elapsed={elapsed ?? 0} trace={trace} />}
        <Figure label="Attempt" value={`${Math.max(1, run.attemptCount ?? 1)}${max ? ` of ${max}` : ""}`} />
        {attempts?.counts && <Figure label="Items" value={itemsOf(attempts.counts)} />}
        <Countdown attempts={attempts} />
        <Figure label="Cost" value={money((usage?.total.costUsd ?? 0) * 100)} {...(usage && usage.total.runs > 1 ? { title: `with ${count(usage.total.runs - 1)} runs below it` } : {})} />
        {usage && tokensOf(usage.total) > 0 && <Figure label="Tokens" value={count(tokensOf(usage.total))} />}
      </dl>
    </div>
  );
}

function Figure({ label, value, title, tone }: { label: string; value: ReactNode; title?: string; tone?: string }) {
  return (
    <div title={title} className="whitespace-nowrap">
      <dt className="text-xs text-fg-3">{label}</dt>
      <dd className={cx("text-xs font-medium", tone)}>{value}</dd>
    </div>
  );
}

function Countdown({ attempts }: { attempts: Attempts | undefined }) {
  if (!attempts?.nextAt) return null;
  const left = Date.parse(attempts.nextAt) - serverNow();
  return <Figure label="Next attempt" value={left > 0 ? `in ${duration(left)}` : "now"} tone="text-run" />;
}

function Remaining({ run, elapsed, trace }: { run: Run; elapsed: number; trace: Trace }) {
  const { data: past } = useQuery(durationsQuery(run.taskIdentifier));
  const spans = useSpans(trace);
  const isWaitingForPerson = run.status === "WAITING" && spans.some((span) => span.runId === run.id && span.kind === "token" && span.finishedAt === undefined);
  const saidS = run.metadata?.["estimatedTimeRemaining"];
  const said = useSaid(typeof saidS === "number" ? saidS : undefined);
  const found = remaining({ elapsedMs: elapsed, isWaitingForPerson, saidS: said.s, saidAgoMs: said.s === undefined ? undefined : Date.now() - said.at, p50Ms: past?.p50Ms, count: past?.count });
  const shown = useRef<number>(undefined);
  if (found === undefined) return null;
  if (found.kind === "you") return <Figure label="Remaining" value="on you" tone="text-wait" />;
  if (found.kind === "late") return <Figure label="Remaining" value={`longer than usual (n=${found.count})`} />;
  shown.current = clamped(shown.current, found.ms);
  const about = `~${duration(Math.round(shown.current / 1_000) * 1_000)}`;
  if (found.kind === "said") return <Figure label="Remaining" value={about} title="as the run says" />;
  return <Figure label="Remaining" value={`${about} (n=${found.count})`} title={`half of the last ${found.count} completed runs took ${duration(past?.p50Ms ?? 0)} or less`} />;
}

/** When the run said how long it will take: that is when the page saw it first. */
function useSaid(s: number | undefined): { s: number | undefined; at: number } {
  const said = useRef({ s, at: Date.now() });
  useEffect(() => {
    if (said.current.s !== s) said.current = { s, at: Date.now() };
  }, [s]);
  return said.current.s === s ? said.current : { s, at: Date.now() };
}

function itemsOf({ ok, failed, skipped }: NonNullable<Attempts["counts"]>): string {
  return [`${count(ok)} ok`, failed > 0 && `${count(failed)} failed`, skipped > 0 && `${count(skipped)} skipped`].filter(Boolean).join(", ");
}

function tokensOf(usage: Usage): number {
  return usage.items.filter((item) => item.unit.includes("token")).reduce((sum, item) => sum + item.quantity, 0);
}
