import type { EntryFact, PartsFact, RunFact, TryFact } from "./facts";

/** Facts for tests: only what a test says differs from what is usual. */
export const run = (id: string, facts: Partial<RunFact> = {}): RunFact => ({ id, task: id, queue: "default", status: "COMPLETED", attempt: 1, createdAt: 0, startedAt: 10, claimedAt: 10, finishedAt: 1_000, ...facts });
export const step = (key: string, startedAt: number, finishedAt: number, facts: Partial<EntryFact> = {}): EntryFact => ({ key, kind: "step", name: key, status: "done", startedAt, finishedAt, ...facts });
export const tried = (key: string, number: number, startedAt: number, facts: Partial<TryFact> = {}): TryFact => ({ key, number, name: key, startedAt, ...facts });
export const parts = (runId: string, entries: EntryFact[], facts: Partial<PartsFact> = {}): PartsFact => ({ runId, attempts: [], tries: [], ...facts, entries });

/** A run that goes on. */
export const going = (id: string, facts: Partial<RunFact> = {}): RunFact => {
  const { finishedAt: _, ...open } = run(id, { status: "EXECUTING", ...facts });
  return open;
};
