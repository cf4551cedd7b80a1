/** What can be done with a run, and with what is selected of it. */

import type { Run } from "@runcast/client";
import type { Attempts } from "@/data/run";
import type { Span } from "@/data/trace";

export interface Possible {
  /** It goes on, and keeps what is done. */
  resume: boolean;
  cancel: boolean;
  /** It has ended, and its code goes on. */
  force: boolean;
  replay: boolean;
  reschedule: boolean;
  /** Key of the journal's entry from which a new run may begin to do things itself. */
  forkFrom: string | undefined;
  /** Key of the entry whose result a person may say. */
  skip: string | undefined;
}

const FORKED = new Set(["step", "child", "trigger", "batch", "result", "sleep", "token", "message"]);
const SKIPPED = new Set(["step", "child", "result", "token"]);

/** `failedKey`: of the entry that the run failed with, when nothing is selected. */
export function possible(run: Run, attempts: Attempts | undefined, span: Pick<Span, "runId" | "kind" | "key" | "error"> | undefined, failedKey?: string): Possible {
  const isEnded = run.isCompleted && !run.isSuccess;
  const goesOn = isEnded && attempts !== undefined && attempts.continuedById === undefined;
  const own = span !== undefined && span.runId === run.id && span.key !== undefined;
  const key = own ? span.key : failedKey;
  return {
    resume: goesOn || (run.status === "WAITING" && attempts?.parkedReason !== undefined),
    cancel: !run.isCompleted,
    force: attempts?.stopping !== undefined,
    replay: true,
    reschedule: run.status === "DELAYED",
    forkFrom: key !== undefined && (!own || FORKED.has(span.kind)) ? key : undefined,
    skip: goesOn && key !== undefined && (!own || (SKIPPED.has(span.kind) && span.error !== undefined)) ? key : undefined,
  };
}
