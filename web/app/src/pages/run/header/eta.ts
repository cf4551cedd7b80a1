/** How long a run will still take, as far as anybody can say. */

export interface Expected {
  elapsedMs: number;
  isWaitingForPerson: boolean;
  /** What the run says itself, in seconds, and how long ago that was. */
  saidS?: number | undefined;
  saidAgoMs?: number | undefined;
  /** From 0 to 1, as the run says it. */
  share?: number | undefined;
  /** Of completed runs of the same task. */
  p50Ms?: number | undefined;
  count?: number | undefined;
}

export type Remaining = { kind: "you" } | { kind: "said"; ms: number } | { kind: "seen"; ms: number; count: number } | { kind: "late"; count: number } | undefined;

/** Below it, past runs say nothing. */
const COUNT_MIN = 3;

/** Who waits for a person is told so. What the run says itself beats what runs before it took; nothing beats a guess. */
export function remaining(expected: Expected): Remaining {
  if (expected.isWaitingForPerson) return { kind: "you" };
  if (expected.saidS !== undefined && expected.saidS >= 0) {
    return { kind: "said", ms: Math.max(0, expected.saidS * 1_000 - (expected.saidAgoMs ?? 0)) };
  }
  const { p50Ms, count = 0 } = expected;
  if (p50Ms === undefined || count < COUNT_MIN) return undefined;
  const left = p50Ms - expected.elapsedMs;
  return left > 0 ? { kind: "seen", ms: left, count } : { kind: "late", count };
}

/** The least that was said so far: what remains never grows on the page, unless it is no longer about the same. */
export function clamped(before: number | undefined, now: number, graceMs = 1_000): number {
  return before !== undefined && now > before && now < before + graceMs ? before : now;
}
