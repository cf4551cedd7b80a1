/** What the addresses of Leads say. */

export interface LeadsSearch {
  batch?: string;
  status?: string;
  lead?: string;
}

export function readLeadsSearch(raw: Record<string, unknown>): LeadsSearch {
  return { ...text(raw, "batch"), ...text(raw, "status"), ...text(raw, "lead") };
}

export interface LeadSearch {
  step?: string;
}

export function readLeadSearch(raw: Record<string, unknown>): LeadSearch {
  return text(raw, "step");
}

function text<Name extends string>(raw: Record<string, unknown>, name: Name): { [key in Name]?: string } {
  const value = raw[name];
  return (typeof value === "string" && value !== "" ? { [name]: value } : {}) as { [key in Name]?: string };
}
