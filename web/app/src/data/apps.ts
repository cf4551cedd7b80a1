import { queryOptions } from "@tanstack/react-query";
import { get, RuncastError } from "./api";

/** An app that is installed beside the engine, and what it adds to the navigation. */
export interface App {
  name: string;
  nav: { path: string; title: string; icon?: string }[];
}

export const appsQuery = queryOptions({
  queryKey: ["apps"],
  queryFn: async ({ signal }): Promise<App[]> => {
    try {
      return (await get<{ data: App[] }>("/api/v1/apps", {}, signal)).data;
    } catch (error) {
      if (error instanceof RuncastError && error.status === 404) return [];
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});
