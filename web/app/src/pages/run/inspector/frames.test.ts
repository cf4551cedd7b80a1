import { describe, expect, it } from "vitest";
import { framesOf, placeOf, wholeStack } from "./frames";

const STACK = `  File "/app/tasks.py", line 12, in parse
    amount = read(record)
             ^^^^^^^^^^^^
  File "/app/read.py", line 3, in read
    return float(record["total"])
ValueError: could not convert

In full:
Traceback (most recent call last):
  File "/lib/runcast/body.py", line 1, in call
    x
ValueError: could not convert
`;

describe("a traceback", () => {
  it("begins with the user's innermost frame, and its line of code", () => {
    const frames = framesOf(STACK);
    expect(frames.map(placeOf)).toEqual(["read.py:3 in read", "tasks.py:12 in parse"]);
    expect(frames[0]?.code).toBe('return float(record["total"])');
    expect(frames[1]?.code).toBe("amount = read(record)");
  });

  it("keeps what lies between for who asks", () => {
    expect(wholeStack(STACK)).toMatch(/^Traceback[\s\S]*runcast\/body.py/);
    expect(wholeStack("  File x")).toBe("  File x");
  });

  it("may be missing, or nothing that is one", () => {
    expect(framesOf(undefined)).toEqual([]);
    expect(framesOf("died")).toEqual([]);
  });
});
