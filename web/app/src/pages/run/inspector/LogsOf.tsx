import { useQuery } from "@tanstack/react-query";
import type { LogLine } from "@/data/run";
import { logsQuery } from "@/data/run";
import type { Span } from "@/data/trace";
import { count } from "@/format/number";
import { clock } from "@/format/time";
import { cx } from "@/ui/class";
import { Skeleton } from "@/ui/Empty";
import { Nothing } from "./Heading";
import type { Inspected } from "./index";

const TONES: Record<string, string> = { warning: "text-wait", error: "text-bad", critical: "text-bad", debug: "text-fg-3" };
const SHOWN = 500;
/** As many lines come in one answer: the log below the trace has all. */
const READ_MAX = 1_000;

/** A step's own lines; of anything else what was written while it went on. */
function isOf(line: LogLine, span: Span): boolean {
  if (span.kind === "step") return line.step === span.key;
  const at = Date.parse(line.at);
  return at >= span.startedAt && at <= (span.finishedAt ?? Number.POSITIVE_INFINITY);
}

/** What was logged while it went on. */
export function LogsOf({ run, span }: Pick<Inspected, "run" | "span">) {
  const { data: lines } = useQuery(logsQuery(run.id));
  if (!lines) return <Skeleton />;
  const within = span === undefined ? lines : lines.filter((line) => isOf(line, span));
  const isCut = lines.length >= READ_MAX;
  if (within.length === 0) return <Nothing>{isCut ? `Not in the first ${count(READ_MAX)} lines of the run; all are below the trace.` : `Nothing was logged${span ? ` while ${span.name} went on` : ""}.`}</Nothing>;
  return (
    <>
      {isCut ? (
        <p className="text-fg-3">Of the first {count(READ_MAX)} lines of the run; all are below the trace.</p>
      ) : (
        within.length > SHOWN && <p className="text-fg-3">The last {SHOWN} of {within.length}; all are below the trace.</p>
      )}
      <ol className="flex flex-col font-mono text-xs">
        {within.slice(-SHOWN).map((line) => (
          <li key={line.seq} className="flex gap-2 py-0.5">
            <span className="shrink-0 text-fg-3">{clock(line.at, undefined, { millis: true })}</span>
            <span className={cx("w-14 shrink-0", TONES[line.level.toLowerCase()] ?? "text-run")}>{line.level.toUpperCase()}</span>
            <span className="min-w-0 break-words whitespace-pre-wrap">
              {line.message}
              {line.data !== undefined && <span className="text-fg-3"> {JSON.stringify(line.data)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
