import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "@/data/api";
import { clock } from "@/format/time";
import { useFresh } from "@/live/useFresh";
import { cx } from "@/ui/class";

interface Line {
  at: string;
  level: string;
  message: string;
}

const TONE: Record<string, string> = { error: "text-bad", warning: "text-wait", warn: "text-wait", info: "text-run" };

/** What the step said while it worked. */
export function StepLogs({ runId }: { runId: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)} className="text-xs">
      <summary className="text-fg-3 hover:text-fg">Log</summary>
      {isOpen && <Lines runId={runId} />}
    </details>
  );
}

/** The lines, read again when the run tells of more. */
function Lines({ runId }: { runId: string }) {
  const queryKey = ["leads", "logs", runId];
  const { data } = useQuery({ queryKey, queryFn: ({ signal }) => get<{ data: Line[] }>(`/api/v1/runs/${runId}/logs`, {}, signal) });
  useFresh(`run:${runId}`, queryKey);
  return (
    <ul className="mt-1 max-h-56 overflow-auto rounded-card bg-sunken p-2 font-mono" tabIndex={0}>
      {data?.data.length === 0 && <li className="text-fg-3">Nothing was logged</li>}
      {data?.data.map((line, index) => (
        <li key={index} className="flex gap-2">
          <span className="text-fg-3">{clock(line.at, undefined, { millis: true })}</span>
          <span className={cx("w-12 shrink-0 uppercase", TONE[line.level.toLowerCase()])}>{line.level}</span>
          <span className="break-words whitespace-pre-wrap">{line.message}</span>
        </li>
      ))}
    </ul>
  );
}
