import type { Schema } from "./schema";
import { isRecord, resolved } from "./schema";

/** A value that can be chosen. */
export interface Choice {
  value: unknown;
  label: string;
}

/** One of several forms that a value may have. */
export interface Variant {
  label: string;
  schema: Schema;
}

/** A named part of an object. */
export interface Part {
  name: string;
  schema: Schema;
  isRequired: boolean;
}

/** How a value is put in. */
export type Shape =
  | { kind: "text"; format: string | undefined; isLong: boolean; isSecret: boolean }
  | { kind: "number"; isInteger: boolean; min: number | undefined; max: number | undefined; step: number | undefined }
  | { kind: "boolean" }
  | { kind: "choice"; choices: Choice[] }
  | { kind: "object"; parts: Part[]; rest: Schema | undefined }
  | { kind: "list"; item: Schema; prefix: Schema[]; min: number; max: number }
  | { kind: "union"; variants: Variant[]; discriminator: string | undefined }
  | { kind: "json" };

/** A schema, read for a form. */
export interface Field {
  shape: Shape;
  schema: Schema;
  description: string | undefined;
  /** What holds when nothing is put in; undefined: nothing. */
  fallback: unknown;
  isNullable: boolean;
}

const LONG_TEXT = 200;
const LONG_NAMES = /(^|_)(body|text|prompt|content|message|html|markdown|notes?)$/i;

/** How to ask for what a schema describes. `name` is a hint: a `prompt` is long. */
export function fieldOf(schema: Schema, root: Schema, name = ""): Field {
  const { schema: bare, isNullable } = withoutNull(resolved(schema, root), root);
  return {
    shape: shapeOf(bare, root, name),
    schema: bare,
    description: schema.description ?? bare.description,
    fallback: schema.default ?? bare.default,
    isNullable,
  };
}

/** `str | None` is a text that may be left out. */
function withoutNull(schema: Schema, root: Schema): { schema: Schema; isNullable: boolean } {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const rest = options.filter((one) => resolved(one, root).type !== "null");
    if (rest.length === options.length) return { schema, isNullable: false };
    const { anyOf: _any, oneOf: _one, ...beside } = schema;
    const [only] = rest;
    if (rest.length === 1 && only) return { schema: { ...resolved(only, root), ...beside }, isNullable: true };
    return { schema: { ...beside, anyOf: rest }, isNullable: true };
  }
  if (Array.isArray(schema.type) && schema.type.includes("null")) {
    const types = schema.type.filter((one) => one !== "null");
    return { schema: { ...schema, type: types.length === 1 && types[0] ? types[0] : types }, isNullable: true };
  }
  return { schema, isNullable: false };
}

function shapeOf(schema: Schema, root: Schema, name: string): Shape {
  if (schema.const !== undefined) return { kind: "choice", choices: [choice(schema.const)] };
  if (schema.enum) return { kind: "choice", choices: schema.enum.map(choice) };
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return unionOf(schema, options, root);
  if (Array.isArray(schema.type)) return unionOf(schema, schema.type.map((type) => ({ ...schema, type })), root);
  switch (schema.type ?? (schema.properties ? "object" : undefined)) {
    case "string":
      return textShape(schema, name);
    case "integer":
    case "number":
      return numberShape(schema);
    case "boolean":
      return { kind: "boolean" };
    case "object":
      return objectShape(schema);
    case "array":
      return listShape(schema);
    default:
      return { kind: "json" };
  }
}

function textShape(schema: Schema, name: string): Shape {
  const isFree = schema.format === undefined && schema.pattern === undefined;
  const isLong = isFree && ((schema.maxLength ?? 0) > LONG_TEXT || LONG_NAMES.test(name));
  return { kind: "text", format: schema.format, isLong, isSecret: schema.format === "password" };
}

function numberShape(schema: Schema): Shape {
  const isInteger = schema.type === "integer";
  return {
    kind: "number",
    isInteger,
    min: schema.minimum ?? (isInteger && schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : schema.exclusiveMinimum),
    max: schema.maximum ?? (isInteger && schema.exclusiveMaximum !== undefined ? schema.exclusiveMaximum - 1 : schema.exclusiveMaximum),
    step: schema.multipleOf ?? (isInteger ? 1 : undefined),
  };
}

function objectShape(schema: Schema): Shape {
  const required = new Set(schema.required);
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]) => ({ name, schema: part, isRequired: required.has(name) }));
  const more = schema.additionalProperties;
  const isOpen = more === true || (more === undefined && parts.length === 0);
  return { kind: "object", parts, rest: isRecord(more) ? more : isOpen ? {} : undefined };
}

function listShape(schema: Schema): Shape {
  const item = isRecord(schema.items) ? (schema.items as Schema) : {};
  const prefix = schema.prefixItems ?? [];
  return { kind: "list", item, prefix, min: schema.minItems ?? 0, max: schema.maxItems ?? Number.POSITIVE_INFINITY };
}

function unionOf(schema: Schema, options: readonly Schema[], root: Schema): Shape {
  const all = options.map((one) => resolved(one, root));
  if (all.every((one) => one.const !== undefined || one.enum)) {
    return { kind: "choice", choices: all.flatMap((one) => (one.enum ?? [one.const]).map(choice)) };
  }
  const discriminator = schema.discriminator?.propertyName;
  const variants = options.map((one, index) => ({ schema: one, label: variantName(all[index] ?? {}, discriminator, index) }));
  return { kind: "union", variants, discriminator };
}

function variantName(schema: Schema, discriminator: string | undefined, index: number): string {
  const mark = discriminator === undefined ? undefined : schema.properties?.[discriminator]?.const;
  if (mark !== undefined) return String(mark);
  return schema.title ?? schema.format ?? typeWord(schema) ?? `Form ${index + 1}`;
}

const TYPE_WORDS: Record<string, string> = { string: "text", integer: "whole number", number: "number", boolean: "yes or no", object: "object", array: "list" };

function typeWord(schema: Schema): string | undefined {
  return typeof schema.type === "string" ? (TYPE_WORDS[schema.type] ?? schema.type) : undefined;
}

function choice(value: unknown): Choice {
  return { value, label: typeof value === "string" ? value : JSON.stringify(value) };
}

/** What a schema asks for, in a word or two: `text`, `whole number 0–150`, `list of text`. */
export function summary(schema: Schema, root: Schema): string {
  const { shape, isNullable, schema: bare } = fieldOf(schema, root);
  return words(shape, bare, root) + (isNullable ? ", or nothing" : "");
}

function words(shape: Shape, schema: Schema, root: Schema): string {
  switch (shape.kind) {
    case "text":
      return [schema.pattern ? `text like ${schema.pattern}` : (shape.format ?? "text"), lengths(schema)].filter(Boolean).join(", ");
    case "number":
      return `${shape.isInteger ? "whole number" : "number"}${bounds(schema)}`;
    case "boolean":
      return "true or false";
    case "choice":
      return shape.choices.map((one) => one.label).join(" | ");
    case "list":
      return shape.prefix.length > 0 ? `${shape.prefix.length} items` : `list of ${schema.items === undefined ? "anything" : summary(shape.item, root)}`;
    case "object":
      return shape.parts.length > 0 ? (schema.title ?? "object") : `object of ${shape.rest && Object.keys(shape.rest).length > 0 ? summary(shape.rest, root) : "anything"}`;
    case "union":
      return shape.variants.map((one) => one.label).join(" or ");
    case "json":
      return "anything";
  }
}

function lengths({ minLength, maxLength }: Schema): string {
  if (minLength !== undefined && maxLength !== undefined) return `${minLength} to ${maxLength} characters`;
  if (maxLength !== undefined) return `up to ${maxLength} characters`;
  return (minLength ?? 0) > 1 ? `${minLength} characters or more` : "";
}

function bounds(schema: Schema): string {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const from = schema.minimum === undefined ? "above" : "from";
  const to = schema.maximum === undefined ? "below" : "to";
  return [low !== undefined && ` ${from} ${low}`, high !== undefined && ` ${to} ${high}`].filter(Boolean).join("");
}
