import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { LeadOptions } from "@/data/leads";
import { estimateLeads } from "@/data/leads";
import { duration } from "@/format/duration";
import { money, plural } from "@/format/number";

/** What it will cost and take, before it is begun. */
export function EstimateLine({ count, options }: { count: number; options: LeadOptions }) {
  const { data } = useQuery({
    queryKey: ["leads", "estimate", count, options],
    queryFn: () => estimateLeads(count, options),
    enabled: count > 0,
    placeholderData: keepPreviousData,
  });
  if (count === 0) return <p className="text-fg-3">No lead yet</p>;
  const cost = data && (data.costUsd > 0 ? `at most ${money(data.costUsd * 100)}` : data.unpriced.length > 0 ? "" : "free");
  return (
    <p className="text-fg-2" aria-live="polite">
      {[plural(count, "lead"), cost, data && data.unpriced.length > 0 && "calls whose price nobody knows", data && `about ${duration(data.seconds * 1_000)}`].filter(Boolean).join(" · ")}
    </p>
  );
}
