import type { AllTaskStats, Counts } from "@/data/tasks";
import { failedOf, sumOf } from "@/data/tasks";
import { count, plural } from "@/format/number";
import { moment } from "@/format/time";
import type { Bar } from "@/ui/Bars";

/** Pieces of time as bars: completed, failed, and what has not ended or was given up. */
export function barsOf(buckets: readonly Counts[], stats: Pick<AllTaskStats, "since" | "bucketMs">): Bar[] {
  const since = Date.parse(stats.since);
  return buckets.map((counts, index) => {
    const bad = failedOf(counts);
    const ok = counts.COMPLETED ?? 0;
    const all = sumOf(counts);
    return {
      pieces: [
        { hue: "ok" as const, value: ok },
        { hue: "bad" as const, value: bad },
        { hue: "idle" as const, value: all - ok - bad },
      ],
      title: `${moment(since + index * stats.bucketMs)}: ${plural(all, "run")}${bad > 0 ? `, ${count(bad)} failed` : ""}`,
    };
  });
}

/** `2.1 %`, `< 0.1 %`, `0 %`: a share of failures, never rounded to nothing. */
export function rateText(rate: number | undefined): string {
  if (rate === undefined) return "–";
  if (rate > 0 && rate < 0.001) return "< 0.1%";
  const value = rate * 100;
  return `${value === Math.round(value) ? value : value.toFixed(1)}%`;
}
