import type { Run } from "@runcast/client";

/** How long 95 of 100 of these runs waited at most for their first start, and of how many that is known; undefined: of none. */
export function waitedP95(runs: readonly Run[]): { ms: number; count: number } | undefined {
  const waits = runs
    .flatMap((run) => (run.startedAt === undefined ? [] : [Math.max(0, Date.parse(run.startedAt) - Date.parse(run.delayedUntil ?? run.createdAt))]))
    .sort((a, b) => a - b);
  const ms = waits[Math.ceil(waits.length * 0.95) - 1];
  return ms === undefined ? undefined : { ms, count: waits.length };
}
