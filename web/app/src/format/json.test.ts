import { describe, expect, it } from "vitest";
import { misfits } from "@/pages/run/actions/misfit";
import { check } from "@/pages/test/model/check";
import { parseJson, shownJson } from "./json";

/** Whether this JavaScript can tell what a number was written as. */
const isExact = "rawJSON" in JSON;

describe("JSON that people see, edit and send", () => {
  it.runIf(isExact)("keeps the digits of long ids", () => {
    const text = '{"id":1234567890123456789,"list":[-9007199254740993,9007199254740993],"small":5}';
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it("leaves other numbers, and texts that look like ids, as they are", () => {
    expect(parseJson('{"a":1,"b":0.1234567890123456,"c":1e30,"d":"12345678901234567890"}')).toEqual({ a: 1, b: 0.1234567890123456, c: 1e30, d: "12345678901234567890" });
  });

  it.runIf(isExact)("says that a long id is a whole number", () => {
    const schema = { type: "object", properties: { id: { type: "integer", minimum: 1 } } };
    const value = parseJson('{"id":1234567890123456789}');
    expect(misfits(value, schema)).toEqual([]);
    expect(check(value, schema as never, schema as never)).toEqual([]);
  });

  it("is read, and not written, where it is deeper than can be walked", () => {
    const deep = "[".repeat(20_000) + "1234567890123456789" + "]".repeat(20_000);
    expect(Array.isArray(parseJson(deep))).toBe(true);
    expect(() => shownJson(parseJson(deep))).toThrow("too deeply");
    expect(shownJson({ a: 1 })).toBe('{\n  "a": 1\n}');
  });
});
