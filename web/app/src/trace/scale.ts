/** The time axis: where a moment lies between 0 and 1, with long stretches in which nothing happened made short. */

import { duration } from "@/format/duration";
import type { Span } from "./span";
import { merged } from "./spans";

/** A part of the axis. `isBreak`: nothing happened in it, and it is shown shorter than it was. */
export interface Stretch {
  from: number;
  to: number;
  x0: number;
  x1: number;
  isBreak: boolean;
}

export interface Scale {
  from: number;
  to: number;
  stretches: readonly Stretch[];
}

/** A pause longer than this share of the axis is made short. */
const LONG = 0.2;
/** Where almost all is left out, what remains is so short that any pause in it would be long. */
const NOTICED_MS = 1_000;
const BREAK = 0.06;
const BREAKS_MAX = 12;

/** `activity`: when something was done, in any order. */
export function makeScale(from: number, to: number, activity: readonly [number, number][], isCompressed = true): Scale {
  const end = Math.max(to, from + 1);
  const pauses = isCompressed ? longPauses(from, end, activity) : [];
  const active = end - from - pauses.reduce((sum, [a, b]) => sum + (b - a), 0);
  const room = 1 - BREAK * pauses.length;
  const stretches: Stretch[] = [];
  let at = from;
  let x = 0;
  const add = (until: number, width: number, isBreak: boolean) => {
    stretches.push({ from: at, to: until, x0: x, x1: x + width, isBreak });
    x += width;
    at = until;
  };
  for (const [begin, stop] of pauses) {
    if (begin > at) add(begin, ((begin - at) / active) * room, false);
    add(stop, BREAK, true);
  }
  if (at < end) add(end, ((end - at) / active) * room, false);
  return { from, to: end, stretches };
}

function longPauses(from: number, to: number, activity: readonly [number, number][]): [number, number][] {
  const busy = merged(activity.map(([a, b]): [number, number] => [Math.max(from, a), Math.min(to, b)]).filter(([a, b]) => b >= a));
  const pauses: [number, number][] = [];
  let at = from;
  for (const [begin, end] of [...busy, [to, to] as [number, number]]) {
    if (begin > at) pauses.push([at, begin]);
    at = Math.max(at, end);
  }
  // Where little else is left, shorter pauses become long ones.
  const found: [number, number][] = [];
  let left = to - from;
  for (const pause of pauses.sort((a, b) => b[1] - b[0] - (a[1] - a[0]))) {
    const length = pause[1] - pause[0];
    const isWorthIt = length >= NOTICED_MS || length > LONG * (to - from);
    if (length <= LONG * left || !isWorthIt || found.length >= BREAKS_MAX || left - length < 1) break;
    found.push(pause);
    left -= length;
  }
  return found.sort((a, b) => a[0] - b[0]);
}

/** Where a moment lies; beyond the ends it goes on at the pace of the last stretch. */
export function xOf(scale: Scale, at: number): number {
  const { stretches } = scale;
  let low = 0;
  let high = stretches.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle] as Stretch).to < at) low = middle + 1;
    else high = middle;
  }
  const found = stretches[low];
  if (!found) return 0;
  return Math.max(0, found.x0 + ((at - found.from) / (found.to - found.from || 1)) * (found.x1 - found.x0));
}

export function timeAt(scale: Scale, x: number): number {
  const found = scale.stretches.find((one) => x <= one.x1) ?? scale.stretches.at(-1);
  if (!found) return scale.from;
  return found.from + ((x - found.x0) / (found.x1 - found.x0 || 1)) * (found.to - found.from);
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000];

export interface Tick {
  x: number;
  label: string;
}

/** Marks at round times since the beginning; `space`: the share of the visible axis between two of them at least. */
export function ticksOf(scale: Scale, view: readonly [number, number], space: number): Tick[] {
  const ticks: Tick[] = [];
  const [v0, v1] = view;
  for (const one of scale.stretches) {
    if (one.isBreak || one.x1 <= v0 || one.x0 >= v1) continue;
    const perX = (one.to - one.from) / (one.x1 - one.x0 || 1);
    const wanted = perX * space * (v1 - v0);
    const step = STEPS.find((each) => each >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
    const visibleFrom = timeAt(scale, Math.max(v0, one.x0)) - scale.from;
    const until = Math.min(one.to, timeAt(scale, Math.min(v1, one.x1))) - scale.from;
    for (let at = Math.ceil(visibleFrom / step) * step; at <= until; at += step) {
      const x = xOf(scale, scale.from + at);
      const last = ticks.at(-1);
      const isFree = !scale.stretches.some((other) => other.isBreak && other.x0 >= x && (other.x0 - x) / (v1 - v0) < space * 0.45);
      if (isFree && (!last || (x - last.x) / (v1 - v0) >= space * 0.8)) ticks.push({ x, label: tickLabel(at, step) });
    }
  }
  return ticks;
}

function tickLabel(at: number, step: number): string {
  if (at === 0) return "0";
  if (at < 60_000 && step < 1_000) return at < 1_000 ? `${at}ms` : `${(at / 1_000).toFixed(step < 100 ? 2 : 1)}s`;
  if (at < 60_000) return `${Math.round(at / 1_000)}s`;
  return duration(at);
}

/** The two longest units, for a break: `2h`, `3d`. */
export function breakLabel(ms: number): string {
  return duration(ms).split(" ")[0]?.replace(/\.\d+s$/, "s") ?? "";
}

const SAMPLE_MAX = 4_000;

/** When spans did something: everything but waiting. Of very many, a sample. */
export function activityOf(spans: readonly Span[], childrenOf: (id: string) => readonly string[], now: number): [number, number][] {
  const found: [number, number][] = [];
  const stride = Math.max(1, Math.ceil(spans.length / SAMPLE_MAX));
  for (let at = 0; at < spans.length; at += stride) {
    const span = spans[at] as Span;
    const isLeaf = childrenOf(span.id).length === 0;
    found.push([span.startedAt, span.startedAt]);
    if (span.finishedAt !== undefined) found.push([span.finishedAt, span.finishedAt]);
    for (const segment of span.segments) {
      const isWork = segment.kind === "run" && (isLeaf || span.kind === "step");
      if (isWork) found.push([segment.from, segment.to ?? now]);
    }
  }
  return found;
}
