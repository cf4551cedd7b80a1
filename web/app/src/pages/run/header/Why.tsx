import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Info } from "lucide-react";
import { shortId } from "@/format/number";
import type { Attempts } from "@/data/run";
import { whyQuery } from "@/data/run";

const STILL = new Set(["QUEUED", "DELAYED", "PENDING_VERSION", "WAITING"]);
const LINKED_MAX = 3;
const IDS = /\s*\((?:runs )?(?:run|waitpoint|batch|step)[^)]*\)/g;

/** Why a run does nothing right now, in words. */
export function Why({ run, attempts }: { run: Run; attempts: Attempts | undefined }) {
  // What counts down to the next attempt is shown as a number.
  const isStill = STILL.has(run.status) && attempts?.nextAt === undefined;
  const { data: why } = useQuery({ ...whyQuery(run.id), enabled: isStill, refetchInterval: run.status === "QUEUED" ? 5_000 : false });
  if (!isStill || !why) return null;
  // The ids are linked instead, and what counts down is shown elsewhere.
  const text = why.reason.replace(IDS, "").replace("for a person or program to complete a wait", "for an answer");
  return (
    <p className="flex flex-wrap items-center gap-x-2 border-b border-line px-4 py-1.5 text-fg-2" aria-live="polite">
      <Info aria-hidden className="size-3.5 shrink-0 text-fg-3" />
      <span>{text.charAt(0).toUpperCase() + text.slice(1)}</span>
      {why.blockers.slice(0, LINKED_MAX).map((id) => (
        <Link key={id} to="/runs/$runId" params={{ runId: id }} className="font-mono text-xs text-accent hover:underline">
          {shortId(id)}
        </Link>
      ))}
      {why.blockers.length > LINKED_MAX && <span className="text-fg-3">and {why.blockers.length - LINKED_MAX} more</span>}
    </p>
  );
}
