import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { duration } from "@/format/duration";
import { money, plural } from "@/format/number";
import { serverNow } from "@/format/time";
import { cx } from "@/ui/class";
import { HUE_TEXT, lookOf, Status } from "@/ui/Status";
import { Elapsed, useTick } from "@/ui/Time";
import type { StepKey } from "@/data/leads";
import type { Step } from "../steps";
import { remainingOf } from "../steps";

/** How a step is opened, and what is told in it. */
export interface Opening {
  isOpen: (key: StepKey) => boolean;
  onToggle: (key: StepKey) => void;
  render: (step: Step) => ReactNode;
}

/** The steps from top to bottom: done, failed, going on, pending. Without an opening they are all there is to see. */
export function Timeline({ steps, opening }: { steps: readonly Step[]; opening?: Opening }) {
  return (
    <ol className="flex flex-col">
      {steps.map((step, index) => (
        <TimelineStep key={step.key} step={step} isLast={index === steps.length - 1} opening={step.status === "PENDING" ? undefined : opening} />
      ))}
    </ol>
  );
}

const LINE = "flex min-h-8 w-full flex-wrap items-center gap-x-2 rounded-card px-3 py-1 text-left";

function TimelineStep({ step, isLast, opening }: { step: Step; isLast: boolean; opening: Opening | undefined }) {
  const hue = lookOf(step.status).hue;
  const body = `step-${step.key}`;
  const isOpen = opening?.isOpen(step.key) ?? false;
  return (
    <li className="relative flex gap-3 pb-3" data-step={step.key} data-status={step.status}>
      {!isLast && <span aria-hidden className={cx("absolute top-8 bottom-0 left-[9px] w-px", step.status === "COMPLETED" ? "bg-bar-ok" : "bg-line-strong")} />}
      <span className={cx("relative mt-1.5 flex h-5 w-5 shrink-0 items-center justify-center [&>span>span>span]:scale-125", HUE_TEXT[hue])}>
        <Status status={step.status} iconOnly />
      </span>
      <div className={cx("min-w-0 flex-1 rounded-card", isOpen && "border border-line bg-panel")}>
        {opening ? (
          <button type="button" aria-expanded={isOpen} aria-controls={body} onClick={() => opening.onToggle(step.key)} className={cx(LINE, "hover:bg-hover")}>
            <StepLine step={step} />
            <ChevronRight aria-hidden className={cx("size-4 text-fg-3 transition-transform", isOpen && "rotate-90")} />
          </button>
        ) : (
          <p className={LINE}>
            <StepLine step={step} />
          </p>
        )}
        {opening && isOpen && (
          <div id={body} className="flex flex-col gap-3 px-3 pt-1 pb-3">
            {opening.render(step)}
          </div>
        )}
      </div>
    </li>
  );
}

/** What a step is called, what came of it, what it cost, and how long it took. */
function StepLine({ step }: { step: Step }) {
  const isGoing = step.status === "EXECUTING" || step.status === "WAITING";
  useTick(step.status === "EXECUTING");
  const left = remainingOf(step, serverNow());
  return (
    <>
      <span className={cx("font-semibold", step.status === "PENDING" && "font-medium text-fg-3")}>{step.title}</span>
      <span className={cx("min-w-0 flex-1 truncate", step.status === "FAILED" ? "text-bad" : "text-fg-3")}>{step.detail}</span>
      {left && (
        <span className="text-fg-3" title={left.n > 0 ? `By its last ${plural(left.n, "run")}` : "A guess"}>
          {`~${duration(left.ms)} left`}
        </span>
      )}
      {step.costUsd > 0 && <span className="text-fg-3">{money(step.costUsd * 100)}</span>}
      {step.started !== undefined && <Elapsed from={step.started} to={step.finished ?? (isGoing ? undefined : step.started)} className="text-fg-3" />}
    </>
  );
}
