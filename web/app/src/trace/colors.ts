import type { Segment, Span } from "./span";
import { cx } from "@/ui/class";

const BAD = new Set(["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"]);

/** How a part of a bar looks. `isPast`: a try or an attempt that was followed by another. */
export function segmentClass(span: Pick<Span, "status" | "isRecovered">, segment: Segment, isPast: boolean): string {
  const isOpen = segment.to === undefined;
  switch (segment.kind) {
    case "queue":
      return "hatched border border-line-strong";
    case "backoff":
      return "dotted-line";
    case "wait":
      return "bg-bar-wait";
    case "run":
      return cx(runColor(span, isPast), isOpen && span.status === "EXECUTING" && "striped");
  }
}

function runColor(span: Pick<Span, "status" | "isRecovered">, isPast: boolean): string {
  if (isPast || span.isRecovered) return "bg-bar-idle";
  if (BAD.has(span.status)) return "bg-bar-bad";
  if (span.status === "COMPLETED") return "bg-bar-ok";
  if (span.status === "CANCELED" || span.status === "EXPIRED" || span.status === "SKIPPED") return "bg-bar-idle";
  return "bg-bar-run";
}
