import { useRef } from "react";
import type { Queue } from "@/data/queues";
import { serverNow } from "@/format/time";
import type { Bar } from "@/ui/Bars";

interface Sample {
  at: number;
  running: number;
  queued: number;
}

const KEPT = 40;
const EVERY_MS = 1_500;

/** What was seen of queues while the page is open, for the small bars: the newest at the right. */
export function useSamples(queues: readonly Queue[] | undefined): (name: string) => Bar[] {
  const seen = useRef(new Map<string, Sample[]>());
  const now = serverNow();
  for (const { name, running, queued } of queues ?? []) {
    const samples = seen.current.get(name) ?? [];
    const last = samples.at(-1);
    if (last && now - last.at < EVERY_MS) samples[samples.length - 1] = { at: last.at, running: Math.max(running, last.running), queued: Math.max(queued, last.queued) };
    else samples.push({ at: now, running, queued });
    seen.current.set(name, samples.slice(-KEPT));
  }
  return (name) => barsOf(seen.current.get(name) ?? []);
}

/** Always as many bars, so that they do not grow wider while one looks. */
export function barsOf(samples: readonly Sample[]): Bar[] {
  const missing = Array.from({ length: KEPT - samples.length }, (): Bar => ({ pieces: [] }));
  const shown = samples.map(
    (one): Bar => ({
      pieces: [
        { hue: "run", value: one.running },
        { hue: "idle", value: one.queued },
      ],
    }),
  );
  return [...missing, ...shown];
}
