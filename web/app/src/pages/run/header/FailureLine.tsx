import type { Run } from "@runcast/client";
import { OctagonX } from "lucide-react";
import type { Attempts } from "@/data/run";
import { framesOf, placeOf } from "../inspector/frames";

/** What a run failed with, in a line: the class, the message, and the place in the user's own code. */
export function FailureLine({ run, attempts }: { run: Run; attempts: Attempts | undefined }) {
  const { error } = run;
  if (!error) return null;
  const own = framesOf(error.stackTrace)[0];
  const isOver = run.isCompleted;
  return (
    <div role={isOver ? "alert" : undefined} className="flex items-start gap-2 border-b border-line px-4 py-2 text-bad">
      <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p className="line-clamp-2 min-w-0 flex-1 break-words">
        {!isOver && <span className="text-fg-2">Attempt {attempts?.data.findLast((one) => one.error)?.number ?? run.attemptCount} failed: </span>}
        <strong className="font-semibold">{error.name ?? "Error"}</strong>
        {error.message && `: ${error.message}`}
        {own && <span className="ml-2 font-mono text-xs text-fg-3">{placeOf(own)}</span>}
      </p>
    </div>
  );
}
