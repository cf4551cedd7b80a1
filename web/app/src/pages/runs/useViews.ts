import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { SavedView } from "@/data/views";
import { changeView, changeViews, deleteView, saveView, viewsQuery, withView } from "@/data/views";
import { attempt, doUnlessUndone, said } from "@/ui/toast";
import type { RunsSearch } from "./search";
import { isSame, wordsOf } from "./search";

const NONE: readonly SavedView[] = [];

/** The saved views of the list, which of them is looked at, and what can be done with them. */
export function useViews(search: RunsSearch) {
  const client = useQueryClient();
  const views = useQuery(viewsQuery).data?.data ?? NONE;
  const [lastId, setLastId] = useState<string>();
  const words = useMemo(() => wordsOf(search), [search]);
  const current = useMemo(() => views.find((view) => isSame(view.filters, words)), [views, words]);
  const currentId = current?.id;
  useEffect(() => {
    if (currentId !== undefined) setLastId(currentId);
  }, [currentId]);
  return useMemo(() => {
    /** The view that was looked at before its filters were changed. */
    const left = current || Object.keys(words).length === 0 ? undefined : views.find((view) => view.id === lastId);
    return { views, current, left, ...viewDeeds(client, views, words) };
  }, [client, views, current, words, lastId]);
}

/** What can be done with views. */
export function viewDeeds(client: QueryClient, views: readonly SavedView[], words: SavedView["filters"]) {
  const put = (view: SavedView) => changeViews(client, (all) => withView(all, view));
  const change = async (view: SavedView, what: Partial<Pick<SavedView, "name" | "filters">>) => {
    const changed = await attempt(`“${view.name}” could not be changed`, () => changeView(view.id, what));
    if (changed) put(changed);
    return changed !== undefined;
  };
  return {
    save: async (name: string) => {
      const view = await attempt("The view could not be saved", () => saveView(name, words));
      if (view) put(view);
      return view !== undefined;
    },
    rename: (view: SavedView, name: string) => change(view, { name }),
    /** The filters of the page become those of the view; what it had can be had back. */
    overwrite: async (view: SavedView) => {
      if (await change(view, { filters: words })) said(`“${view.name}” has these filters now`, undefined, { label: "Undo", onClick: () => void change(view, { filters: view.filters }) });
    },
    remove: (view: SavedView) => {
      const at = views.indexOf(view);
      changeViews(client, (all) => all.filter((one) => one.id !== view.id));
      const back = () => changeViews(client, (all) => (all.some((one) => one.id === view.id) ? all : [...all.slice(0, at), view, ...all.slice(at)]));
      doUnlessUndone(`Deleted the view “${view.name}”`, () => deleteView(view.id), back);
    },
  };
}

export type Views = ReturnType<typeof useViews>;
