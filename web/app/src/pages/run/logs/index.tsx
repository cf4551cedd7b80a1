import type { Run } from "@runcast/client";
import { useRuncast } from "@runcast/react-hooks";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Span, Trace } from "@/data/trace";
import type { Level, LogLine } from "@/trace/logs";
import { filtered, LEVELS, LogStore, spansWith } from "@/trace/logs";
import { LogsBar } from "./LogsBar";
import { LogList } from "./LogList";

export interface LogsDockProps {
  run: Run;
  trace: Trace;
  span: Span | undefined;
}

/** The log of the run that is looked at, or of the step alone. */
export function LogsDock({ run, trace, span }: LogsDockProps) {
  const runId = span?.runId ?? run.id;
  const store = useLog(runId);
  const lines = useSyncExternalStore(store.subscribe, store.lines);
  const query = useSyncExternalStore(trace.view.subscribe, () => trace.view.query);
  const [levels, setLevels] = useState<ReadonlySet<Level>>(new Set(LEVELS));
  const [isOfStep, setOfStep] = useState(true);
  const [isWrapped, setWrapped] = useState(() => localStorage.getItem("runcast.wrap") === "yes");
  const isStep = span !== undefined && span.kind !== "run" && !WAITING.has(span.kind);
  const only = isStep && isOfStep ? span : undefined;
  useSearchInLogs(trace, runId, lines, query);
  const shown = useMemo(() => filtered(lines, { levels, query, span: only }), [lines, levels, query, only]);
  const wrap = (on: boolean) => {
    localStorage.setItem("runcast.wrap", on ? "yes" : "no");
    setWrapped(on);
  };
  return (
    <section aria-label="Logs" className="flex min-h-0 flex-1 flex-col bg-panel">
      <LogsBar
        lines={lines}
        shown={shown}
        levels={levels}
        onLevels={setLevels}
        step={isStep ? span.name : undefined}
        isOfStep={isOfStep}
        onOfStep={setOfStep}
        isWrapped={isWrapped}
        onWrap={wrap}
        fileName={`${runId}.log`}
      />
      <LogList key={`${runId} ${only?.id ?? ""}`} lines={shown} isWrapped={isWrapped} empty={emptyWords(run, lines, only)} />
    </section>
  );
}

/** Nothing is written while one waits for others. */
const WAITING = new Set(["sleep", "token", "message", "result", "batch", "child", "trigger"]);

function emptyWords(run: Run, lines: readonly LogLine[], only: Span | undefined): string {
  if (lines.length > 0) return only ? `${only.name} wrote nothing.` : "No line matches.";
  return run.isCompleted ? "This run wrote nothing." : "Nothing yet: what logger.info() says appears here at once.";
}

function useLog(runId: string): LogStore {
  const client = useRuncast();
  const store = useMemo(() => new LogStore(client, runId), [client, runId]);
  useEffect(() => store.start(), [store]);
  return store;
}

/** A search finds steps by what they wrote, too. */
function useSearchInLogs({ view }: Trace, runId: string, lines: readonly LogLine[], query: string): void {
  useEffect(() => {
    const found = spansWith(runId, lines, query);
    const isSame = found.size === view.inLogs.size && [...found].every((id) => view.inLogs.has(id));
    if (!isSame) view.change({ inLogs: found });
  }, [view, runId, lines, query]);
}
