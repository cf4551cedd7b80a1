import { useState } from "react";
import { useSpans } from "@/data/trace";
import { duration } from "@/format/duration";
import { plural } from "@/format/number";
import { serverNow } from "@/format/time";
import { Status } from "@/ui/Status";
import { useTick } from "@/ui/Time";
import type { Span } from "@/trace/span";
import type { PanesProps } from ".";
import { Inspector } from "./inspector";
import { LogsDock } from "./logs";

/** What matters on a phone, below the status: what failed and why, what to do about it, and the log. No waterfall. */
export function PhoneView({ run, trace, span, onSelect }: PanesProps) {
  return (
    <div className="flex min-w-0 flex-1 flex-col overflow-y-auto">
      <StepPicker trace={trace} span={span} onSelect={onSelect} />
      <div className="flex min-h-72 shrink-0 flex-col">
        <Inspector run={run} trace={trace} span={span} />
      </div>
      <div className="flex h-[60vh] shrink-0 flex-col border-t border-line">
        <LogsDock run={run} trace={trace} span={span} />
      </div>
    </div>
  );
}

const SHOWN = 6;

/** The steps that failed or go on, and the others on demand. */
function StepPicker({ trace, span, onSelect }: Pick<PanesProps, "trace" | "span" | "onSelect">) {
  const spans = useSpans(trace).filter((one) => one.parentId !== undefined && one.kind !== "attempt" && one.kind !== "try");
  const [isAll, setAll] = useState(false);
  useTick(spans.some((one) => one.finishedAt === undefined));
  const first = spans.filter((one) => (one.error !== undefined && !one.isRecovered) || one.finishedAt === undefined);
  const shown = isAll ? spans.slice(0, 500) : first.slice(0, SHOWN);
  if (spans.length === 0) return null;
  return (
    <nav aria-label="Steps" className="shrink-0 border-b border-line bg-panel">
      {shown.map((one) => (
        <Step key={one.id} step={one} isSelected={one.id === span?.id} onSelect={() => onSelect(one.id === span?.id ? trace.runId : one.id)} />
      ))}
      {(isAll || spans.length > shown.length) && (
        <button type="button" aria-expanded={isAll} onClick={() => setAll(!isAll)} className="flex h-11 w-full items-center px-4 text-accent">
          {isAll ? "Fewer" : `All ${plural(spans.length, "step")}`}
        </button>
      )}
    </nav>
  );
}

function Step({ step, isSelected, onSelect }: { step: Span; isSelected: boolean; onSelect: () => void }) {
  return (
    <button type="button" aria-pressed={isSelected} onClick={onSelect} className={`flex h-11 w-full items-center gap-2 border-b border-line px-4 text-left ${isSelected ? "bg-active" : ""}`}>
      {step.isRecovered ? <Status status="SKIPPED" word="Failed, and the run went on" iconOnly /> : <Status status={step.status} iconOnly />}
      <span className="min-w-0 flex-1 truncate">{step.name}</span>
      <span className="text-xs text-fg-3">{duration((step.finishedAt ?? serverNow()) - step.startedAt)}</span>
    </button>
  );
}
