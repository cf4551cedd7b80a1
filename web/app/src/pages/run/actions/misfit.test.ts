import { describe, expect, it } from "vitest";
import { misfits } from "./misfit";

const COMPANY = {
  $ref: "#/$defs/Company",
  $defs: {
    Company: {
      type: "object",
      properties: { domain: { type: "string" }, employees: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] }, tone: { enum: ["formal", "friendly"] } },
      required: ["domain"],
      additionalProperties: false,
    },
  },
};

describe("a payload and its schema", () => {
  it.each([
    [{ domain: "a.example" }, []],
    [{ domain: "a.example", employees: null }, []],
    [{}, ["domain is missing"]],
    [{ domain: 3 }, ["domain is a string, not an integer"]],
    [{ domain: "a", employees: 0 }, ["employees is at least 1"]],
    [{ domain: "a", tone: "loud" }, ['tone is one of "formal", "friendly"']],
    [{ domain: "a", size: 1 }, ["size is not known"]],
    [[], ["the payload is an object, not an array"]],
  ])("%j", (value, wrong) => expect(misfits(value, COMPANY)).toEqual(wrong));

  it("says where in a list, and nothing about what it does not know", () => {
    expect(misfits([1, "2"], { type: "array", items: { type: "number" } })).toEqual(["[1] is a number, not a string"]);
    expect(misfits(1, undefined)).toEqual([]);
    expect(misfits(1, { format: "x" })).toEqual([]);
  });
});
