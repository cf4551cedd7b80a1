import { QueryClient } from "@tanstack/react-query";
import { mayPass } from "./api";

/** What pages read. Kept fresh by the live stream; a page that is opened again shows what it had, and reads anew. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 300_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 2 && mayPass(error),
    },
  },
});
