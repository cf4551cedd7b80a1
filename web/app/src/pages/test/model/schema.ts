/** JSON Schema, as far as payloads of tasks use it. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema | boolean;
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  $ref?: string;
  $defs?: Record<string, Schema>;
}

const HOPS_MAX = 20;

/** What a schema says once its reference is followed. What stands beside a reference counts, too. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    if (found.$ref !== undefined) {
      const { $ref, ...beside } = found;
      found = { ...target($ref, root), ...beside };
    } else if (found.allOf?.length === 1) {
      const { allOf, ...beside } = found;
      found = { ...allOf[0], ...beside };
    } else return found;
  }
  return {};
}

function target(reference: string, root: Schema): Schema {
  if (!reference.startsWith("#/")) return {};
  let place: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    place = (place as Record<string, unknown> | undefined)?.[name];
  }
  return (place as Schema | undefined) ?? {};
}

export type Path = readonly (string | number)[];

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
