import type { Tab } from "@/ui/Tabs";

const LABELS = { overview: "Overview", input: "Input", output: "Output", stream: "Stream", artifacts: "Artifacts", logs: "Logs", journal: "Journal", metadata: "Metadata", code: "Code" };
export type TabName = keyof typeof LABELS;
const NAMES = Object.keys(LABELS) as TabName[];

/** What the address says, as far as there is such a tab. */
export function readTab(said: string | undefined): TabName {
  return NAMES.find((tab) => tab === said) ?? "overview";
}

/** The tabs that have something to show, and the one that is looked at. `found`: how much there is. */
export function shownTabs(current: TabName, found: Record<TabName, number | boolean | undefined>): Tab<TabName>[] {
  return NAMES.filter((name) => found[name] || name === current).map((name) => {
    const count = found[name];
    return { name, label: LABELS[name], ...(typeof count === "number" ? { count } : {}) };
  });
}
