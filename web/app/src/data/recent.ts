import type { Run } from "@runcast/client";
import { useFollow } from "@runcast/react-hooks";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Params } from "./api";
import { get } from "./api";
import { merged } from "./merge";

interface Found {
  data: Run[];
}

/** The newest runs that fit a filter of the API, live: what is shown changes in place, what is new comes on top. */
export function useRecentRuns(filter: Params, fits: (run: Run) => boolean, options: { size?: number; topic?: string } = {}) {
  const { size = 25, topic = "runs" } = options;
  const client = useQueryClient();
  const queryKey = ["recent", filter, size];
  const asked = useQuery({
    queryKey,
    queryFn: ({ signal }) => get<Found>("/api/v1/runs", { ...filter, "page[size]": size }, signal),
    placeholderData: keepPreviousData,
  });
  useFollow([topic], {
    onEvents: (events) => client.setQueryData<Found>(queryKey, (before) => before && { data: merged(before.data, events, fits, size) }),
    onReset: () => void client.invalidateQueries({ queryKey }),
  });
  return asked;
}
