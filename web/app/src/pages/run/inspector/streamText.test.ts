import { describe, expect, it } from "vitest";
import { appended, looksLikeMarkdown, Pace } from "./streamText";

describe("a stream", () => {
  it("is the text of its parts, and lines of JSON", () => {
    expect(appended(["Dear ", "Ada"], 0)).toEqual({ isReset: false, text: "Dear Ada" });
    expect(appended(["Dear ", { a: 1 }, "x"], 1)).toEqual({ isReset: false, text: '{"a":1}\nx' });
  });

  it("begins anew where a try was given up", () => {
    expect(appended(["Dear ", undefined, "Hi"], 1)).toEqual({ isReset: true, text: "Hi" });
  });

  it("is laid out when it was meant to be", () => {
    expect(["# Title", "a\n- b", "so **bold**", "[a](b)"].map(looksLikeMarkdown)).toEqual([true, true, true, true]);
    expect(["Dear Ada, 3 * 4", "a - b"].map(looksLikeMarkdown)).toEqual([false, false]);
  });

  it("has a pace that forgets what was there before", () => {
    const pace = new Pace();
    expect(pace.note(500, 0)).toBe(0);
    expect(pace.note(550, 1_000)).toBe(50);
    expect(pace.note(550, 9_000)).toBe(0);
  });
});
