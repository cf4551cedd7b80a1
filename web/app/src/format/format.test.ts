import { describe, expect, it } from "vitest";
import { duration } from "./duration";
import { bytes, capped, money, percent, plural } from "./number";
import { age, clock, learnServerTime, moment, serverNow } from "./time";

describe("times", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  it.each([
    [now - 1_000, "just now"],
    [now + 1_000, "just now"],
    [now - 14_000, "14s ago"],
    [now - 200_000, "3m ago"],
    [now + 7_200_000, "in 2h"],
    [now - 86_400_000 * 5, "5d ago"],
  ])("says how long ago %d was", (at, said) => expect(age(at, now)).toBe(said));

  it("says a moment with its zone unless it is the reader's own", () => {
    expect(moment(now, "utc")).toBe("2026-11-21 12:00:00 UTC");
    expect(clock(now + 7, "utc", { millis: true })).toBe("12:00:00.007");
  });
});

describe("the server's time", () => {
  const HOUR = 3_600_000;
  const said = (at: number) => new Date(at).toUTCString();
  const behind = () => Math.round((serverNow() - Date.now()) / 10) * 10;

  it("is the browser's own where both agree to some seconds", () => {
    learnServerTime(said(Date.parse("2026-11-21T12:00:00Z")), Date.parse("2026-11-21T12:00:01.900Z"));
    expect(behind()).toBe(0);
  });

  it("is known better with each response, whose seconds are whole and past", () => {
    const real = Date.parse("2026-11-21T12:00:00Z");
    for (const ms of [900, 1_020, 2_500, 3_990]) learnServerTime(said(real + ms), real + ms + 5 * HOUR);
    expect(behind()).toBe(-5 * HOUR - 20);
    learnServerTime(said(real), real - 2_500);
    expect(behind()).toBe(2_500);
    learnServerTime(said(real), real);
    expect(behind()).toBe(0);
  });
});

describe("numbers", () => {
  it.each([
    [0, "0ms"],
    [999, "999ms"],
    [999.7, "1.0s"],
    [59_960, "1m 00s"],
    [6_400, "6.4s"],
    [11_520_000, "3h 12m"],
    [-5, "0ms"],
  ])("says %d ms", (ms, said) => expect(duration(ms)).toBe(said));

  it("keeps money, bytes, counts and shares short", () => {
    expect([money(2.48), money(0), money(3_120)]).toEqual(["$0.0248", "$0", "$31.20"]);
    expect([money(0.001), money(99.999)]).toEqual(["<$0.0001", "$1.00"]);
    expect(bytes(999_960)).toBe("1.0 MB");
    expect([bytes(640), bytes(12_000), bytes(3_400_000)]).toEqual(["640 B", "12.0 KB", "3.4 MB"]);
    expect([capped(1_000, 1_000), plural(1, "run"), plural(1_204, "run")]).toEqual(["1,000+", "1 run", "1,204 runs"]);
    expect([percent(0.999), percent(1), percent(-1)]).toEqual(["99%", "100%", "0%"]);
  });
});
