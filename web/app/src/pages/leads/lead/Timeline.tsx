import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { money } from "@/format/number";
import { cx } from "@/ui/class";
import { HUE_TEXT, lookOf, Status } from "@/ui/Status";
import { Elapsed } from "@/ui/Time";
import type { StepKey } from "@/data/leads";
import type { Step } from "../steps";

/** The steps from top to bottom: done, failed, going on, pending. What is open is told by `render`. */
export function Timeline({ steps, isOpen, onToggle, render }: { steps: readonly Step[]; isOpen: (key: StepKey) => boolean; onToggle: (key: StepKey) => void; render: (step: Step) => ReactNode }) {
  return (
    <ol className="flex flex-col">
      {steps.map((step, index) => (
        <TimelineStep key={step.key} step={step} isLast={index === steps.length - 1} isOpen={isOpen(step.key)} onToggle={() => onToggle(step.key)}>
          {render(step)}
        </TimelineStep>
      ))}
    </ol>
  );
}

function TimelineStep({ step, isLast, isOpen, onToggle, children }: { step: Step; isLast: boolean; isOpen: boolean; onToggle: () => void; children: ReactNode }) {
  const isPending = step.status === "PENDING";
  const hue = lookOf(step.status).hue;
  const body = `step-${step.key}`;
  return (
    <li className="relative flex gap-3 pb-3" data-step={step.key} data-status={step.status}>
      {!isLast && <span aria-hidden className={cx("absolute top-8 bottom-0 left-[9px] w-px", step.status === "COMPLETED" ? "bg-bar-ok" : "bg-line-strong")} />}
      <span className={cx("relative mt-1.5 flex h-5 w-5 shrink-0 items-center justify-center [&>span>span>span]:scale-125", HUE_TEXT[hue])}>
        <Status status={step.status} iconOnly />
      </span>
      <div className={cx("min-w-0 flex-1 rounded-card", isOpen && !isPending && "border border-line bg-panel")}>
        <button
          type="button"
          disabled={isPending}
          aria-expanded={isOpen && !isPending}
          aria-controls={body}
          onClick={onToggle}
          className="flex min-h-8 w-full flex-wrap items-center gap-x-2 rounded-card px-3 py-1 text-left enabled:hover:bg-hover disabled:cursor-default"
        >
          <span className={cx("font-semibold", isPending && "font-medium text-fg-3")}>{step.title}</span>
          <span className={cx("min-w-0 flex-1 truncate", step.status === "FAILED" ? "text-bad" : "text-fg-3")}>{step.detail}</span>
          {step.costUsd > 0 && <span className="text-fg-3">{money(step.costUsd * 100)}</span>}
          {step.started !== undefined && <Elapsed from={step.started} to={step.finished ?? (step.status === "EXECUTING" || step.status === "WAITING" ? undefined : step.started)} className="text-fg-3" />}
          {!isPending && <ChevronRight aria-hidden className={cx("size-4 text-fg-3 transition-transform", isOpen && "rotate-90")} />}
        </button>
        {isOpen && !isPending && (
          <div id={body} className="flex flex-col gap-3 px-3 pt-1 pb-3">
            {children}
          </div>
        )}
      </div>
    </li>
  );
}
