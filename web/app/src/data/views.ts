import type { QueryClient } from "@tanstack/react-query";
import { queryOptions } from "@tanstack/react-query";
import { get, post, send } from "./api";

/** Filters of a list under a name, for everybody in the environment. */
export interface SavedView {
  id: string;
  name: string;
  /** As the address of the page has them. */
  filters: Record<string, string>;
  createdBy?: string;
}

interface Found {
  data: SavedView[];
}

export const viewsQuery = queryOptions({
  queryKey: ["views", "runs"],
  queryFn: ({ signal }) => get<Found>("/api/v1/views", { "filter[list]": "runs" }, signal),
  staleTime: 60_000,
});

export const saveView = (name: string, filters: SavedView["filters"]) => post<SavedView>("/api/v1/views", { name, filters });
export const changeView = (id: string, change: Partial<Pick<SavedView, "name" | "filters">>) => send<SavedView>("PATCH", `/api/v1/views/${id}`, change);
export const deleteView = (id: string) => send("DELETE", `/api/v1/views/${id}`);

/** The views as they are after something that was done to them. */
export function changeViews(client: QueryClient, change: (views: SavedView[]) => SavedView[]): void {
  client.setQueryData<Found>(viewsQuery.queryKey, (before) => before && { data: change(before.data) });
}

/** With a view in its place: that of its id, or the end. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  return views.some((one) => one.id === view.id) ? views.map((one) => (one.id === view.id ? view : one)) : [...views, view];
}
