import { useQuery } from "@tanstack/react-query";
import { openWaitsQuery, WAITS_TOPIC } from "@/data/waits";
import { useFresh } from "@/live/useFresh";

/** How many waiting tokens are open, up to a hundred. */
export function useWaitingCount(): number {
  const { data } = useQuery({ ...openWaitsQuery, refetchInterval: 60_000 });
  useFresh(WAITS_TOPIC, ["waits"]);
  return data?.data.length ?? 0;
}
