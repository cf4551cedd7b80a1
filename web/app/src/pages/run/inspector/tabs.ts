export const TABS = ["overview", "input", "output", "logs", "stream", "artifacts", "metadata", "journal", "code"] as const;
export type TabName = (typeof TABS)[number];

/** What the address says, as far as there is such a tab. */
export function readTab(said: string | undefined): TabName {
  return TABS.find((tab) => tab === said) ?? "overview";
}
