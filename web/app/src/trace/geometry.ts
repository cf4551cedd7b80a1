import type { Scale } from "./scale";
import { timeAt, xOf } from "./scale";

/** The visible part of the time axis, in pixels. */
export interface Geometry {
  scale: Scale;
  view: readonly [number, number];
  width: number;
}

/** Where a moment is drawn. */
export function pixels({ scale, view, width }: Geometry, at: number): number {
  return Math.round((((xOf(scale, at) - view[0]) / (view[1] - view[0])) * width) * 10) / 10;
}

/** The moment at a place. */
export function momentAt({ scale, view, width }: Geometry, px: number): number {
  return timeAt(scale, view[0] + (px / Math.max(1, width)) * (view[1] - view[0]));
}

const NARROW = 1e-4;

/** A part of the axis, within it and not too narrow. */
export function viewOf(a: number, b: number): readonly [number, number] {
  const from = Math.max(0, Math.min(a, b));
  const to = Math.min(1, Math.max(a, b));
  return to - from < NARROW ? [Math.max(0, from - NARROW / 2), Math.min(1, from + NARROW / 2)] : [from, to];
}

/** Nearer or farther around a place, which stays where it is. */
export function zoomed([v0, v1]: readonly [number, number], at: number, factor: number): readonly [number, number] {
  const center = v0 + at * (v1 - v0);
  const length = Math.min(1, (v1 - v0) * factor);
  const from = Math.max(0, Math.min(1 - length, center - at * length));
  return viewOf(from, from + length);
}

export function moved([v0, v1]: readonly [number, number], by: number): readonly [number, number] {
  const length = v1 - v0;
  const from = Math.max(0, Math.min(1 - length, v0 + by * length));
  return [from, from + length];
}
