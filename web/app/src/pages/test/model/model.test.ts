import { describe, expect, it } from "vitest";
import { check, pathText } from "./check";
import type { Schema } from "./schema";
import { resolved } from "./schema";
import { fieldOf, summary } from "./shape";
import { blank, labelOf, variantOf, withPart } from "./value";

const ORDER: Schema = {
  $defs: {
    Address: { type: "object", title: "Address", required: ["street"], properties: { street: { type: "string", minLength: 1 }, zip: { type: "string", pattern: "^\\d{5}$", default: "10115" } } },
    Color: { enum: ["red", "blue"], type: "string", title: "Color" },
    Cat: { type: "object", title: "Cat", required: ["kind"], properties: { kind: { const: "cat", type: "string" }, lives: { type: "integer", default: 9 } } },
    Dog: { type: "object", title: "Dog", required: ["kind"], properties: { kind: { const: "dog", type: "string" }, tricks: { type: "array", items: { type: "string" }, default: [] } } },
    Node: { type: "object", title: "Node", required: ["name", "next"], properties: { name: { type: "string" }, next: { $ref: "#/$defs/Node" } } },
  },
  type: "object",
  required: ["name", "addr", "when", "pet"],
  properties: {
    name: { type: "string" },
    age: { type: "integer", minimum: 0, maximum: 150, default: 30 },
    ratio: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.1 },
    color: { $ref: "#/$defs/Color", default: "red" },
    addr: { $ref: "#/$defs/Address", description: "Where it goes" },
    more: { type: "array", items: { $ref: "#/$defs/Address" }, default: [] },
    nick: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
    when: { type: "string", format: "date-time" },
    pet: { discriminator: { propertyName: "kind" }, oneOf: [{ $ref: "#/$defs/Cat" }, { $ref: "#/$defs/Dog" }] },
    extra: { type: "object", additionalProperties: { type: "integer" } },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
    pair: { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], minItems: 2, maxItems: 2 },
    amount: { anyOf: [{ type: "number" }, { type: "string" }] },
  },
};
const GOOD = { name: "a", addr: { street: "x" }, when: "2026-01-31T09:00:00Z", pet: { kind: "dog" } };
const part = (name: string) => ORDER.properties?.[name] ?? {};
const problems = (change: Record<string, unknown>) => check({ ...GOOD, ...change }, ORDER, ORDER).map((one) => `${pathText(one.path)} ${one.message}`);

describe("a schema, read for a form", () => {
  it("follows references, and keeps what stands beside them", () => {
    expect(resolved(part("addr"), ORDER)).toMatchObject({ title: "Address", description: "Where it goes" });
    expect(resolved({ $ref: "#/$defs/Nothing" }, ORDER)).toEqual({});
    expect(resolved({ $ref: "#/$defs/A" }, { $defs: { A: { $ref: "#/$defs/A" } } })).toEqual({});
  });

  it("knows what each kind of value is put in with", () => {
    const kinds = Object.keys(ORDER.properties ?? {}).map((name) => [name, fieldOf(part(name), ORDER).shape.kind]);
    expect(Object.fromEntries(kinds)).toEqual({ name: "text", age: "number", ratio: "number", color: "choice", addr: "object", more: "list", nick: "text", when: "text", pet: "union", extra: "object", tags: "list", pair: "list", amount: "union" });
    expect(fieldOf({}, ORDER).shape.kind).toBe("json");
    expect(fieldOf({ type: ["string", "null"] }, ORDER)).toMatchObject({ isNullable: true, shape: { kind: "text" } });
    expect(fieldOf({ anyOf: [{ const: "a" }, { const: "b" }] }, ORDER).shape).toMatchObject({ kind: "choice", choices: [{ value: "a" }, { value: "b" }] });
  });

  it("tells an optional value from one that may be null", () => {
    expect(fieldOf(part("nick"), ORDER)).toMatchObject({ isNullable: true, fallback: null });
    expect(fieldOf(part("name"), ORDER).isNullable).toBe(false);
  });

  it("names the variants of a union", () => {
    const { shape } = fieldOf(part("pet"), ORDER);
    expect(shape.kind === "union" && shape.variants.map((one) => one.label)).toEqual(["cat", "dog"]);
    expect(shape.kind === "union" && variantOf({ kind: "dog" }, shape, ORDER)).toBe(1);
    const amount = fieldOf(part("amount"), ORDER).shape;
    expect(amount.kind === "union" && variantOf("1.5", amount, ORDER)).toBe(1);
  });

  it("says in words what is asked for", () => {
    expect(summary(part("age"), ORDER)).toBe("whole number from 0 to 150");
    expect(summary(part("nick"), ORDER)).toBe("text, or nothing");
    expect(summary(part("more"), ORDER)).toBe("list of Address");
    expect(summary(part("color"), ORDER)).toBe("red | blue");
  });
});

describe("a value to begin with", () => {
  it("has the defaults that fit on a line, and what must be there", () => {
    expect(blank(ORDER, ORDER)).toEqual({ age: 30, color: "red", addr: { zip: "10115" }, pet: { kind: "cat", lives: 9 } });
  });

  it("ends where a schema holds itself", () => {
    expect(JSON.stringify(blank({ $ref: "#/$defs/Node" }, ORDER)).length).toBeLessThan(500);
  });

  it("is changed without changing the old one", () => {
    const old = { a: [{ b: 1 }, { b: 2 }] };
    expect(withPart(old, ["a", 1, "b"], 3)).toEqual({ a: [{ b: 1 }, { b: 3 }] });
    expect(withPart(old, ["a", 0], undefined)).toEqual({ a: [{ b: 2 }] });
    expect(withPart(old, ["a"], undefined)).toEqual({});
    expect(withPart(undefined, ["x", "y"], 1)).toEqual({ x: { y: 1 } });
    expect(old).toEqual({ a: [{ b: 1 }, { b: 2 }] });
  });

  it("has labels that people read", () => {
    expect([labelOf("max_items"), labelOf("generateEmails"), labelOf("url")]).toEqual(["Max items", "Generate emails", "Url"]);
  });
});

describe("what is wrong with a value", () => {
  it("is nothing, where it fits", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ nick: null, amount: "1.5", tags: ["a"], pair: [1, "a"], extra: { a: 1 } })).toEqual([]);
  });

  it.each([
    [{ name: undefined }, "name is needed"],
    [{ name: 5 }, "name is a text"],
    [{ age: 1.5 }, "age is a whole number"],
    [{ age: 151 }, "age is at most 150"],
    [{ age: "many" }, "age is a whole number"],
    [{ ratio: 0 }, "ratio is above 0"],
    [{ ratio: 0.25 }, "ratio is a multiple of 0.1"],
    [{ color: "green" }, 'color is one of "red", "blue"'],
    [{ addr: {} }, "addr.street is needed"],
    [{ addr: { street: "", zip: "1" } }, "addr.street is needed"],
    [{ more: [{ street: "x" }, {}] }, "more[1].street is needed"],
    [{ nick: 5 }, "nick is a text"],
    [{ when: "tomorrow" }, "when is a time such as 2026-01-31T09:00:00Z"],
    [{ pet: { kind: "cow" } }, 'pet.kind is one of "cat", "dog"'],
    [{ pet: { kind: "dog", tricks: [1] } }, "pet.tricks[0] is a text"],
    [{ extra: { a: "x" } }, "extra.a is a whole number"],
    [{ tags: ["a", "a"] }, "tags has every item once"],
    [{ pair: [1] }, "pair has 2 items or more"],
    [{ amount: true }, "amount is a number, or is a text"],
  ])("%j: %s", (change, message) => {
    expect(problems(change)[0]).toBe(message);
  });

  it("names what a task does not know, where it takes nothing else", () => {
    expect(check({ b: 1 }, { type: "object", properties: {}, additionalProperties: false }, {})[0]?.message).toBe("is not known to this task");
  });

  it("leaves to the server what only Python understands", () => {
    expect(check("x", { type: "string", pattern: "(?P<name>x)" }, {})).toEqual([]);
  });
});
