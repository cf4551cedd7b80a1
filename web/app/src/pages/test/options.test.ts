import { describe, expect, it } from "vitest";
import { jsonProblem, textOf, typed } from "./draft";
import { countOptions, NO_OPTIONS, optionProblems, readOptions } from "./options";

describe("options of a test", () => {
  it("leave to the task whatever is empty, and mark the run", () => {
    expect(readOptions(NO_OPTIONS)).toEqual({ test: true });
    expect(countOptions(NO_OPTIONS)).toBe(0);
  });

  it("are what the API takes", () => {
    const texts = { ...NO_OPTIONS, queue: "mail", delay: "5m", tags: "a, b,,", priority: "2.5", maxAttempts: "1", isTest: false };
    expect(readOptions(texts)).toEqual({ test: false, queue: { name: "mail" }, delay: "5m", tags: ["a", "b"], priority: 2.5, maxAttempts: 1 });
    expect(countOptions(texts)).toBe(5);
    expect(optionProblems({ ...texts, priority: "high" })).toEqual({ priority: "is a number" });
  });
});

describe("the payload as text", () => {
  it("is the value, until it is edited; a text that is no JSON leaves the value as it was", () => {
    const draft = { value: { a: 1 }, text: undefined };
    expect(textOf(draft)).toBe('{\n  "a": 1\n}');
    const broken = typed(draft, '{"a": ');
    expect([broken.value, jsonProblem(broken) !== undefined]).toEqual([{ a: 1 }, true]);
    const mended = typed(broken, '{"a": 2}');
    expect([mended.value, jsonProblem(mended)]).toEqual([{ a: 2 }, undefined]);
    expect(typed(mended, " ").value).toBeUndefined();
  });
});
