/** Whether a JSON value fits a JSON Schema, as far as the schemas of payloads go. The server has the last word. */

type Schema = Record<string, unknown>;

/** What is wrong, as one sentence for each place; nothing for what it does not understand. */
export function misfits(value: unknown, schema: unknown, root: unknown = schema, path = ""): string[] {
  if (!isObject(schema)) return [];
  if (typeof schema["$ref"] === "string") return misfits(value, resolve(schema["$ref"], root), root, path);
  const any = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(any)) {
    const found = any.map((one) => misfits(value, one, root, path));
    return found.some((one) => one.length === 0) ? [] : (found.sort((a, b) => a.length - b.length)[0] ?? []);
  }
  const at = path || "the payload";
  if (Array.isArray(schema["enum"]) && !schema["enum"].some((one) => same(one, value))) return [`${at} is one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}`];
  if ("const" in schema && !same(schema["const"], value)) return [`${at} is ${JSON.stringify(schema["const"])}`];
  const types = [schema["type"]].flat().filter((one): one is string => typeof one === "string");
  if (types.length > 0 && !types.some((type) => isOf(value, type))) return [`${at} is ${article(types.join(" or "))}, not ${article(typeOf(value))}`];
  if (typeof value === "number" || typeof value === "bigint") return bounds(Number(value), schema["minimum"], schema["maximum"], at);
  if (typeof value === "string") return bounds(value.length, schema["minLength"], schema["maxLength"], `the length of ${at}`);
  if (Array.isArray(value)) return value.flatMap((one, index) => misfits(one, schema["items"], root, `${path}[${index}]`));
  return isObject(value) ? insideOf(value, schema, root, path) : [];
}

function insideOf(value: Schema, schema: Schema, root: unknown, path: string): string[] {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? (schema["required"] as string[]) : [];
  const name = (key: string) => (path ? `${path}.${key}` : key);
  const missing = required.filter((key) => !(key in value)).map((key) => `${name(key)} is missing`);
  const found = Object.entries(value).flatMap(([key, inner]) => {
    if (key in properties) return misfits(inner, properties[key], root, name(key));
    if (schema["additionalProperties"] === false) return [`${name(key)} is not known`];
    return misfits(inner, schema["additionalProperties"], root, name(key));
  });
  return [...missing, ...found];
}

function bounds(value: number, least: unknown, most: unknown, at: string): string[] {
  if (typeof least === "number" && value < least) return [`${at} is at least ${least}`];
  return typeof most === "number" && value > most ? [`${at} is at most ${most}`] : [];
}

function resolve(reference: string, root: unknown): unknown {
  return reference
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, name) => (isObject(at) ? at[name.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined), root);
}

function isOf(value: unknown, type: string): boolean {
  const own = typeOf(value);
  return own === type || (type === "number" && own === "integer");
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "bigint" ? "integer" : typeof value;
}

const article = (word: string) => (word === "null" ? word : `${/^[aeio]/.test(word) ? "an" : "a"} ${word}`);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
