import type { Selection } from "./selection";

/** What is selected, in full: the run, or something that it did. `tab` is kept in the URL by the page. */
export function Inspector({ runId, selected, tab, onTab }: { runId: string; selected?: Selection | undefined; tab?: string | undefined; onTab: (tab: string) => void }) {
  void selected, tab, onTab;
  return <aside aria-label="Details">{runId}</aside>;
}
