import { expect, test } from "vitest";
import { usageFacts } from "./usage";

test("what was used is one line a name, with its cost at the end", () => {
  const facts = usageFacts([
    { name: "gpt-5-mini", unit: "calls", quantity: 1, costUsd: 0.0188 },
    { name: "gpt-5-mini", unit: "input tokens", quantity: 2_140, costUsd: 0 },
    { name: "hunter", unit: "look-ups", quantity: 3, costUsd: 0 },
  ]);
  expect(facts).toEqual([
    ["gpt-5-mini", "1 call · 2,140 input tokens · $0.0188"],
    ["hunter", "3 look-ups"],
  ]);
});
