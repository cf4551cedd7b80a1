import { useQuery } from "@tanstack/react-query";
import { get } from "@/data/api";

/** How many waiting tokens are open, up to a hundred. */
export function useWaitingCount(): number {
  const { data } = useQuery({
    queryKey: ["waits", "open"],
    queryFn: ({ signal }) => get<{ data: unknown[] }>("/api/v1/waitpoints/tokens", { "filter[status]": "WAITING", "page[size]": 100 }, signal),
    refetchInterval: 15_000,
  });
  return data?.data.length ?? 0;
}
