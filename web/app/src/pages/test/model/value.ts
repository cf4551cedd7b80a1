import { check } from "./check";
import type { Path, Schema } from "./schema";
import { isRecord, resolved } from "./schema";
import type { Shape } from "./shape";
import { fieldOf } from "./shape";

/** Deeper than this nothing is made up: a tree of itself ends here. */
const DEPTH_MAX = 6;

/** A value to begin with: defaults, and whatever has to be there. Undefined: it is for the person to say. */
export function blank(schema: Schema, root: Schema, depth = 0): unknown {
  const field = fieldOf(schema, root);
  if (field.fallback !== undefined && field.fallback !== null) return structuredClone(field.fallback);
  if (field.isNullable) return null;
  const { shape } = field;
  switch (shape.kind) {
    case "choice":
      return shape.choices.length === 1 ? shape.choices[0]?.value : undefined;
    case "boolean":
      return false;
    case "object":
      return blankObject(shape, root, depth);
    case "list":
      return [...shape.prefix, ...Array.from({ length: Math.max(0, shape.min - shape.prefix.length) }, () => shape.item)].map((one) => blank(one, root, depth + 1) ?? null);
    case "union":
      return shape.variants[0] && depth < DEPTH_MAX ? blank(shape.variants[0].schema, root, depth + 1) : undefined;
    default:
      return undefined;
  }
}

function blankObject(shape: Extract<Shape, { kind: "object" }>, root: Schema, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  if (depth >= DEPTH_MAX) return made;
  for (const part of shape.parts) {
    if (!part.isRequired && !isPrefilled(part.schema, root)) continue;
    const value = blank(part.schema, root, depth + 1);
    if (value !== undefined) made[part.name] = value;
  }
  return made;
}

/** Defaults that fit on a line are shown as values; empty lists and objects are left to the code. */
function isPrefilled(schema: Schema, root: Schema): boolean {
  const { fallback } = fieldOf(schema, root);
  return fallback !== undefined && fallback !== null && typeof fallback !== "object";
}

/** The same value with a part replaced; undefined takes the part away. */
export function withPart(value: unknown, path: Path, part: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return part;
  if (typeof name === "number") {
    const list = Array.isArray(value) ? [...value] : [];
    const inner = withPart(list[name], rest, part);
    if (inner === undefined && rest.length === 0) list.splice(name, 1);
    else list[name] = inner;
    return list;
  }
  const record: Record<string, unknown> = isRecord(value) ? { ...value } : {};
  const inner = withPart(record[name], rest, part);
  if (inner === undefined) delete record[name];
  else record[name] = inner;
  return record;
}

/** Which variant a value has: the first without a problem, or that whose mark it carries, or the one it is nearest to. */
export function variantOf(value: unknown, shape: Extract<Shape, { kind: "union" }>, root: Schema): number {
  const { variants, discriminator } = shape;
  if (discriminator !== undefined && isRecord(value)) {
    const mark = value[discriminator];
    const marked = variants.findIndex((one) => {
      const part = resolved(one.schema, root).properties?.[discriminator];
      return part !== undefined && (part.const === mark || part.enum?.includes(mark));
    });
    if (marked >= 0) return marked;
  }
  const problems = variants.map((one) => check(value, one.schema, root));
  const scores = problems.map((found) => (found.some((one) => one.path.length === 0) ? 1_000 : 0) + found.length);
  return scores.indexOf(Math.min(...scores));
}

/** How an item of a list, or a collapsed object, is called. */
export function titleOf(value: unknown): string {
  if (isRecord(value)) {
    const named = ["name", "title", "id", "label", "email", "url"].map((key) => value[key]).find((one) => typeof one === "string" && one !== "");
    return typeof named === "string" ? named : "";
  }
  return "";
}

/** `domain`: Domain; `maxItems`, `max_items`: Max items. */
export function labelOf(name: string): string {
  const text = name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return text === "" ? name : text[0]?.toUpperCase() + text.slice(1);
}
