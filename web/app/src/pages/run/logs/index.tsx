import type { Run } from "@runcast/client";
import type { Span, Trace } from "@/data/trace";

/** The log lines of a run, and of one step of it. */
export function LogsDock({ run }: { run: Run; trace: Trace; span: Span | undefined }) {
  return <section aria-label="Logs" className="p-4 text-fg-3">{run.id}</section>;
}
