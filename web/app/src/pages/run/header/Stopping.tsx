import type { Run } from "@runcast/client";
import { Hourglass } from "lucide-react";
import { useMay } from "@/data/may";
import type { Attempts } from "@/data/run";
import { age, serverNow } from "@/format/time";
import { Button } from "@/ui/Button";
import { useTick } from "@/ui/Time";
import { useForce } from "../actions/useForce";
import { isStuck } from "../actions/stuck";

/** A run that has ended, and a body that has not: since when it was told to, and what can be done about it. */
export function Stopping({ run, attempts }: { run: Run; attempts: Attempts | undefined }) {
  const stopping = attempts?.stopping;
  useTick(stopping !== undefined);
  const mayForce = useMay("operator");
  const { isBusy, force } = useForce(run.id);
  if (!stopping || !isStuck(stopping, serverNow())) return null;
  const whose = stopping.bodies === 1 ? "Its code was told to stop" : `${stopping.bodies} bodies of it were told to stop`;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 text-wait">
      <Hourglass aria-hidden className="size-3.5 shrink-0" />
      <p className="min-w-0 flex-1 text-fg">
        {whose} <span className="tabular-nums">{age(stopping.since)}</span> and {stopping.bodies === 1 ? "has" : "have"} not ended: {stopping.bodies === 1 ? "it holds a slot" : "they hold slots"} of the queue.
      </p>
      {mayForce && (
        <Button isBusy={isBusy} title="Frees the slot now. What the code still does elsewhere goes on; what it reports is refused" onClick={force}>
          Force the end
        </Button>
      )}
    </div>
  );
}
