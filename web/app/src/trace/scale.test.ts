import { describe, expect, it } from "vitest";
import { moved, pixels, viewOf, zoomed } from "./geometry";
import { breakLabel, makeScale, ticksOf, timeAt, xOf } from "./scale";

describe("the time axis", () => {
  it("is even where something happens all the time", () => {
    const scale = makeScale(0, 1_000, [[0, 1_000]]);
    expect([xOf(scale, 0), xOf(scale, 250), xOf(scale, 1_000)]).toEqual([0, 0.25, 1]);
  });

  it("makes a pause of more than a fifth short", () => {
    const scale = makeScale(0, 10_000, [[0, 1_000], [9_000, 10_000]]);
    expect(scale.stretches.map((one) => one.isBreak)).toEqual([false, true, false]);
    const [before, pause, after] = scale.stretches;
    expect(pause && pause.x1 - pause.x0).toBeCloseTo(0.06);
    expect(before && before.x1).toBeCloseTo(0.47);
    expect(after && after.x1).toBeCloseTo(1);
  });

  it("leaves shorter pauses as they are, and all of them when asked to", () => {
    expect(makeScale(0, 1_000, [[0, 450], [600, 1_000]]).stretches).toHaveLength(1);
    expect(makeScale(0, 10_000, [[0, 1_000], [9_000, 10_000]], false).stretches).toHaveLength(1);
  });

  it("makes a pause short that is long beside what is left", () => {
    const hour = 3_600_000;
    const scale = makeScale(0, 100 * hour, [[0, hour], [90 * hour, 91 * hour], [100 * hour - 60_000, 100 * hour]]);
    expect(scale.stretches.filter((one) => one.isBreak)).toHaveLength(2);
  });

  it("goes there and back", () => {
    const scale = makeScale(0, 10_000, [[0, 1_000], [9_000, 10_000]]);
    for (const at of [0, 500, 1_000, 5_000, 9_500, 10_000]) expect(timeAt(scale, xOf(scale, at))).toBeCloseTo(at, 3);
  });

  it("goes on beyond its end", () => expect(xOf(makeScale(0, 1_000, [[0, 1_000]]), 1_100)).toBeCloseTo(1.1));

  it("has marks at round times, not closer than asked, and none where time was left out", () => {
    const even = ticksOf(makeScale(0, 10_000, [[0, 10_000]]), [0, 1], 0.2);
    expect(even.map((tick) => tick.label)).toEqual(["0", "2s", "4s", "6s", "8s", "10s"]);
    const broken = makeScale(0, 7_200_000, [[0, 1_000], [7_199_000, 7_200_000]]);
    const pause = broken.stretches.find((one) => one.isBreak);
    expect(ticksOf(broken, [0, 1], 0.1).every((tick) => !pause || tick.x <= pause.x0 || tick.x >= pause.x1)).toBe(true);
  });

  it("says the longest unit of a pause", () => expect([breakLabel(7_205_000), breakLabel(90_000_000), breakLabel(12_400)]).toEqual(["2h", "1d", "12s"]));
});

describe("the visible part", () => {
  it("is what was dragged over, in either direction, within the axis", () => {
    expect(viewOf(0.6, 0.2)).toEqual([0.2, 0.6]);
    expect(viewOf(-1, 3)).toEqual([0, 1]);
    const [from, to] = viewOf(0.5, 0.5);
    expect(to).toBeGreaterThan(from);
  });

  it("keeps the place one zooms at", () => {
    const [from, to] = zoomed([0, 1], 0.25, 0.5);
    expect(from + 0.25 * (to - from)).toBeCloseTo(0.25);
    expect(zoomed([0.4, 0.6], 0.5, 100)).toEqual([0, 1]);
  });

  it("moves no further than the ends", () => expect(moved([0.5, 1], 10)).toEqual([0.5, 1]));
  it("is drawn over the whole width", () => {
    const geometry = { scale: makeScale(0, 1_000, [[0, 1_000]]), view: [0.5, 1] as const, width: 800 };
    expect([pixels(geometry, 500), pixels(geometry, 750), pixels(geometry, 1_000)]).toEqual([0, 400, 800]);
  });
});
