export type Tab = "waiting" | "decided";

export interface ApprovalsSearch {
  tab?: "decided";
}

/** What of an address the page understands. */
export function readApprovalsSearch(raw: Record<string, unknown>): ApprovalsSearch {
  return raw["tab"] === "decided" ? { tab: "decided" } : {};
}
