import type { Path, Schema } from "./schema";
import { isRecord, resolved } from "./schema";

/** What is wrong with a value, and where. */
export interface Problem {
  path: Path;
  message: string;
}

const NO_VALUE = "is needed";
const A_NOTHING = "is nothing";
const DEPTH_MAX = 100;

/** What a schema says against a value. The server has the last word: this only saves a round trip. */
export function check(value: unknown, schema: Schema, root: Schema, path: Path = []): Problem[] {
  if (path.length > DEPTH_MAX) return [];
  const rule = resolved(schema, root);
  if (value === undefined) return [{ path, message: NO_VALUE }];
  const options = rule.anyOf ?? rule.oneOf;
  if (options) return checkOptions(value, options, rule, root, path);
  const own = (message: string | false | undefined): Problem[] => (message ? [{ path, message }] : []);
  if (rule.const !== undefined) return own(!isSame(value, rule.const) && `is ${JSON.stringify(rule.const)}`);
  if (rule.enum) return own(!rule.enum.some((one) => isSame(one, value)) && `is one of ${rule.enum.map((one) => JSON.stringify(one)).join(", ")}`);
  const types = rule.type === undefined ? [] : [rule.type].flat();
  if (types.length > 0 && !types.some((type) => isType(value, type))) return own(`is ${types.map((type) => A_TYPE[type] ?? type).join(" or ")}`);
  const parts = (rule.allOf ?? []).flatMap((one) => check(value, one, root, path));
  if (typeof value === "string") return [...parts, ...own(textProblem(value, rule))];
  if (typeof value === "number" || typeof value === "bigint") return [...parts, ...own(numberProblem(Number(value), rule))];
  if (Array.isArray(value)) return [...parts, ...checkList(value, rule, root, path)];
  if (isRecord(value)) return [...parts, ...checkObject(value, rule, root, path)];
  return parts;
}

const A_TYPE: Record<string, string> = { string: "a text", integer: "a whole number", number: "a number", boolean: "true or false", object: "an object", array: "a list", null: "nothing" };

function isType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "integer":
      return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    default:
      return typeof value === type;
  }
}

function checkOptions(value: unknown, options: readonly Schema[], rule: Schema, root: Schema, path: Path): Problem[] {
  const found = options.map((one) => check(value, one, root, path));
  if (found.some((problems) => problems.length === 0)) return [];
  const mark = rule.discriminator?.propertyName;
  if (mark !== undefined && isRecord(value)) {
    const at = options.findIndex((one) => resolved(one, root).properties?.[mark]?.const === value[mark]);
    if (at >= 0) return found[at] ?? [];
    return [{ path: [...path, mark], message: `is one of ${options.map((one) => JSON.stringify(resolved(one, root).properties?.[mark]?.const)).join(", ")}` }];
  }
  // The form it comes nearest to: where only something inside is wrong.
  const inside = found.filter((problems) => problems.every((one) => one.path.length > path.length)).sort((a, b) => a.length - b.length)[0];
  if (inside) return inside;
  const messages = [...new Set(found.flat().filter((one) => one.path.length === path.length && one.message !== A_NOTHING).map((one) => one.message))];
  return [{ path, message: messages.join(", or ") || "is of no form that fits" }];
}

const FORMATS: Record<string, [RegExp, string]> = {
  date: [/^\d{4}-\d\d-\d\d$/, "a date such as 2026-01-31"],
  "date-time": [/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i, "a time such as 2026-01-31T09:00:00Z"],
  time: [/^\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i, "a time of day such as 09:00:00"],
  email: [/^[^\s@]+@[^\s@]+$/, "an e-mail address"],
  uuid: [/^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i, "a UUID"],
  uri: [/^[a-z][a-z\d+.-]*:.+/i, "an address such as https://example.com"],
  duration: [/^-?P(?=.)[\dYMWD.,]*(T[\dHMS.,]+)?$/i, "a duration such as PT1H30M"],
};

function textProblem(value: string, rule: Schema): string | undefined {
  const length = [...value].length;
  if (rule.minLength !== undefined && length < rule.minLength) return rule.minLength === 1 ? NO_VALUE : `has ${rule.minLength} characters or more`;
  if (rule.maxLength !== undefined && length > rule.maxLength) return `has at most ${rule.maxLength} characters`;
  if (rule.pattern !== undefined && !fits(value, rule.pattern)) return `looks like ${rule.pattern}`;
  const format = rule.format === undefined ? undefined : FORMATS[rule.format];
  return format && !format[0].test(value) ? `is ${format[1]}` : undefined;
}

/** Python knows patterns that browsers do not: those are left to the server. */
function fits(value: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function numberProblem(value: number, rule: Schema): string | undefined {
  if (!Number.isFinite(value)) return "is a number";
  if (rule.minimum !== undefined && value < rule.minimum) return `is at least ${rule.minimum}`;
  if (rule.maximum !== undefined && value > rule.maximum) return `is at most ${rule.maximum}`;
  if (rule.exclusiveMinimum !== undefined && value <= rule.exclusiveMinimum) return `is above ${rule.exclusiveMinimum}`;
  if (rule.exclusiveMaximum !== undefined && value >= rule.exclusiveMaximum) return `is below ${rule.exclusiveMaximum}`;
  if (rule.multipleOf) {
    const times = value / rule.multipleOf;
    if (Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times))) return `is a multiple of ${rule.multipleOf}`;
  }
  return undefined;
}

function checkList(value: readonly unknown[], rule: Schema, root: Schema, path: Path): Problem[] {
  const found: Problem[] = [];
  const say = (message: string) => found.push({ path, message });
  if (rule.minItems !== undefined && value.length < rule.minItems) say(`has ${rule.minItems} ${rule.minItems === 1 ? "item" : "items"} or more`);
  if (rule.maxItems !== undefined && value.length > rule.maxItems) say(`has at most ${rule.maxItems} items`);
  if (rule.uniqueItems && new Set(value.map((one) => JSON.stringify(one))).size < value.length) say("has every item once");
  const items = isRecord(rule.items) ? (rule.items as Schema) : {};
  return [...found, ...value.flatMap((one, index) => check(one, rule.prefixItems?.[index] ?? items, root, [...path, index]))];
}

function checkObject(value: Record<string, unknown>, rule: Schema, root: Schema, path: Path): Problem[] {
  const found: Problem[] = [];
  for (const name of rule.required ?? []) if (value[name] === undefined) found.push({ path: [...path, name], message: NO_VALUE });
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const known = rule.properties?.[name];
    if (known) found.push(...check(part, known, root, [...path, name]));
    else if (rule.additionalProperties === false) found.push({ path: [...path, name], message: "is not known to this task" });
    else if (isRecord(rule.additionalProperties)) found.push(...check(part, rule.additionalProperties as Schema, root, [...path, name]));
  }
  return found;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** `addr.street`, `items[2]`: where a problem is, for people. */
export function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}
