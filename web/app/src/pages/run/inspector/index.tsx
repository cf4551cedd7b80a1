import type { Run } from "@runcast/client";
import type { Span, Trace } from "@/data/trace";
import { Status } from "@/ui/Status";

/** What is known about the selected span; the run itself when none is selected. */
export function Inspector({ span }: { run: Run; trace: Trace; span: Span | undefined }) {
  return <section aria-label="Inspector" className="h-full overflow-auto bg-panel p-4">{span && (<><h2 className="font-semibold">{span.name}</h2><Status status={span.status} /></>)}</section>;
}
