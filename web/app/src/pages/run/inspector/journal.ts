/** What a run recorded, and what of it was recorded by this run at all. */

import type { Attempt } from "@/data/run";
import type { EntryFact } from "@/data/trace";

/** `recorded`: done here. `reused`: done before, by the run that this one goes on from, or by an attempt that failed later.
 * `again`: was forgotten, and is to be done again. `unused`: was forgotten, and never asked for again. */
export type Use = "recorded" | "reused" | "again" | "unused" | "open";

export interface Told {
  createdAt: string;
  isCompleted: boolean;
  attempts: readonly Attempt[];
  /** It goes on from another run. */
  isResumed: boolean;
}

/** A worker's clock may be that much behind the engine's. */
const SKEW_MS = 1_000;

export function howUsed(entry: EntryFact, told: Told): Use {
  if (entry.status === "forgotten") return told.isCompleted ? "unused" : "again";
  if (entry.status === "pending") return told.isCompleted ? "unused" : "open";
  if (entry.startedAt < Date.parse(told.createdAt) - (told.isResumed ? 0 : SKEW_MS)) return "reused";
  const last = told.attempts.at(-1);
  const isOfEarlierTry = told.attempts.length > 1 && last !== undefined && entry.finishedAt !== undefined && entry.finishedAt < Date.parse(last.startedAt);
  return isOfEarlierTry && entry.status === "done" ? "reused" : "recorded";
}
