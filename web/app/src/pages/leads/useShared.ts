import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { SharedLead } from "@/data/leads";
import { sharedLiveHref, sharedQuery } from "@/data/leads";
import { LIVE } from "./useLiveLeads";

/** A lead behind a link, as it comes on: told by the server, which shows whoever has a link nothing else. */
export function useShared(token: string): { lead: SharedLead | undefined; error: Error | null } {
  const client = useQueryClient();
  const { data: lead, error } = useQuery(sharedQuery(token));
  const isLive = lead !== undefined && LIVE.has(lead.status);
  useEffect(() => {
    if (!isLive) return;
    const { queryKey } = sharedQuery(token);
    const source = new EventSource(sharedLiveHref(token));
    source.onmessage = (event: MessageEvent<string>) => client.setQueryData(queryKey, JSON.parse(event.data) as SharedLead);
    // It has ended, or the link was taken back: the next request says which.
    const settle = () => {
      source.close();
      void client.invalidateQueries({ queryKey });
    };
    source.addEventListener("end", settle);
    // A connection that broke is made again by the browser; one that was refused is not.
    source.onerror = () => source.readyState === EventSource.CLOSED && settle();
    return () => source.close();
  }, [client, isLive, token]);
  return { lead, error };
}
