export interface TestSearch {
  /** The run whose payload it begins with. */
  from?: string;
  /** The payload as text rather than as a form. */
  as?: "json";
}

export function readTestSearch(raw: Record<string, unknown>): TestSearch {
  return { ...(typeof raw["from"] === "string" ? { from: raw["from"] } : {}), ...(raw["as"] === "json" ? { as: "json" as const } : {}) };
}
