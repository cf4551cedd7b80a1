import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Trace } from "@/data/trace";
import { useSpans, useTraceState } from "@/data/trace";
import { count, plural } from "@/format/number";
import { cx } from "@/ui/class";
import { Kbd } from "@/ui/Kbd";
import { useShortcuts } from "@/ui/shortcuts";
import { LEVEL_MAX } from "./rows";

const QUERY_MS = 120;

/** What narrows the rows: a search in steps and logs, failures only, how deep. */
export function Toolbar({ trace }: { trace: Trace }) {
  const { view } = trace;
  const field = useRef<HTMLInputElement>(null);
  const spans = useSpans(trace);
  const { isTruncated } = useTraceState(trace);
  const failures = spans.filter((span) => span.error !== undefined && !span.isRecovered && span.kind !== "attempt" && span.kind !== "try").length;
  useShortcuts([
    { keys: "/", label: "Search steps and logs", group: "Run", run: () => field.current?.focus() },
    { keys: "x", label: "Failures only", group: "Run", run: () => view.change({ errorsOnly: !view.errorsOnly }) },
  ]);
  return (
    <div className="flex h-9 shrink-0 items-center gap-3 overflow-hidden border-b border-line bg-panel px-3 text-xs whitespace-nowrap">
      <Query trace={trace} field={field} />
      <span role="status" className="text-fg-3 max-lg:hidden">
        {plural(spans.length, "step")}
        {isTruncated && ", the first of more"}
      </span>
      <button
        type="button"
        aria-pressed={view.errorsOnly}
        disabled={failures === 0 && !view.errorsOnly}
        onClick={() => view.change({ errorsOnly: !view.errorsOnly })}
        className={cx("flex h-6 items-center gap-1.5 rounded-control border px-2 disabled:opacity-50", view.errorsOnly ? "border-bad bg-bad/10 text-bad" : "border-line-strong text-fg-2 hover:bg-hover")}
      >
        Failures {failures > 0 && count(failures)} <Kbd keys="X" />
      </button>
      <button
        type="button"
        aria-pressed={view.isCompressed}
        onClick={() => view.change({ isCompressed: !view.isCompressed })}
        title="Long stretches in which nothing was done are shown short"
        className={cx("h-6 rounded-control border px-2 max-md:hidden", view.isCompressed ? "border-line-strong bg-hover text-fg" : "border-line-strong text-fg-2 hover:bg-hover")}
      >
        Skip idle time
      </button>
      <label className="flex items-center gap-1.5 text-fg-2 max-md:hidden">
        Levels
        <select aria-label="Levels that are open" value={view.level} onChange={(event) => view.change({ level: Number(event.target.value) })} className="chevron h-6 appearance-none rounded-control border border-line-strong bg-panel pr-6 pl-2 text-fg">
          {Array.from({ length: LEVEL_MAX + 1 }, (_, level) => (
            <option key={level} value={level}>
              {level === LEVEL_MAX ? "all" : level}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Query({ trace, field }: { trace: Trace; field: React.RefObject<HTMLInputElement | null> }) {
  const { view } = trace;
  const [text, setText] = useState(view.query);
  useEffect(() => {
    if (text === view.query) return;
    const timer = setTimeout(() => view.change({ query: text.trim() }), QUERY_MS);
    return () => clearTimeout(timer);
  }, [text, view]);
  return (
    <label className="flex min-w-0 flex-1 items-center gap-2">
      <Search aria-hidden className="size-3.5 shrink-0 text-fg-3" />
      <span className="sr-only">Search steps and logs</span>
      <input
        ref={field}
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setText("");
          event.currentTarget.blur();
        }}
        placeholder="Search steps & logs"
        className="-mx-1.5 h-7 min-w-0 flex-1 rounded-control bg-transparent px-1.5 text-sm text-fg outline-offset-[-2px]"
      />
      {text === "" && <Kbd keys="/" />}
    </label>
  );
}
