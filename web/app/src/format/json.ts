/** JSON without losses: whole numbers beyond 2^53, such as ids, stay as they are written. */

interface WithRaw {
  rawJSON?: (text: string) => unknown;
}

const { rawJSON } = JSON as WithRaw;
const LONG = /\d{16}/;
const WHOLE = /^-?\d+$/;

// A browser that cannot write such numbers does not tell them apart when it reads them, either.
if (rawJSON) Object.defineProperty(BigInt.prototype, "toJSON", { configurable: true, value(this: bigint) { return rawJSON(String(this)); } });

/** As `JSON.parse`; whole numbers that JavaScript would round are `bigint`s, which `JSON.stringify` writes as numbers. */
export function parseJson(text: string): unknown {
  if (!rawJSON || !LONG.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, kept);
  } catch (error) {
    // Too deep to be walked.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

function kept(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && WHOLE.test(source) ? BigInt(source) : value;
}

/** A value as people read and copy it. Throws where it is too deep to be written. */
export function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? "null";
  } catch (error) {
    if (error instanceof RangeError) throw new Error("It is nested too deeply to be written as text: download it");
    throw error;
  }
}
