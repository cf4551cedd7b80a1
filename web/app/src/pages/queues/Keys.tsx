import type { KeyLoad, Queue } from "@/data/queues";
import { count } from "@/format/number";
import { Section } from "@/ui/Page";

/** Which concurrency keys take the slots, the busiest first. */
export function Keys({ queue, keys }: { queue: Queue; keys: readonly KeyLoad[] | undefined }) {
  const most = Math.max(1, ...(keys ?? []).map((one) => one.running + one.queued));
  return (
    <Section title="Concurrency keys">
      {keys?.length === 0 && (
        <p className="p-4 text-fg-2">
          No run here has a key now. Give each customer one, <code className="font-mono text-xs">concurrency_key=customer</code>, and they take turns: nobody waits behind the thousand runs of another.
        </p>
      )}
      <ul>
        {keys?.map((one) => (
          <li key={one.key} className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 border-b border-line px-4 py-2 last:border-b-0">
            <span className="truncate font-mono text-xs">{one.key}</span>
            <span className="text-xs text-fg-2">
              {count(one.running)}
              {queue.perKey !== undefined && ` of ${count(queue.perKey)}`} running · {count(one.queued)} queued
            </span>
            <span aria-hidden className="col-span-2 mt-1 flex h-1 overflow-hidden rounded-full bg-hover">
              <span className="bg-bar-run" style={{ width: `${(one.running / most) * 100}%` }} />
              <span className="bg-bar-idle" style={{ width: `${(one.queued / most) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
