import { ArrowDown } from "lucide-react";
import { memo, useLayoutEffect, useRef, useState } from "react";
import { count } from "@/format/number";
import { clock, moment } from "@/format/time";
import type { LogLine } from "@/trace/logs";
import { colored, dataOf, levelOf } from "@/trace/logs";
import { useVirtual } from "@/trace/useVirtual";
import { cx } from "@/ui/class";
import { LEVEL_COLOR, LEVEL_WORD } from "./LogsBar";

const LINE_PX = 20;
const NEAR_PX = 8;
const CHUNK = 100;

/** Lines of a log. It follows the newest one only while one looks at the end. */
export function LogList({ lines, isWrapped, empty }: { lines: readonly LogLine[]; isWrapped: boolean; empty: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<number>();
  const isFollowing = seen === undefined;
  const { first, pool } = useVirtual(frame, LINE_PX);
  useLayoutEffect(() => {
    if (isFollowing && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [lines, isFollowing, isWrapped]);
  const look = () => {
    const element = frame.current;
    if (!element) return;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - NEAR_PX;
    if (isAtEnd !== isFollowing) setSeen(isAtEnd ? undefined : lines.length);
  };
  const fresh = isFollowing ? 0 : Math.max(0, lines.length - seen);
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={frame} role="log" aria-live="off" aria-label="Log lines" tabIndex={0} onScroll={look} className={cx("absolute inset-0 overflow-y-auto py-1 font-mono text-xs outline-offset-[-2px]", isWrapped ? "overflow-x-hidden" : "overflow-x-auto")}>
        {lines.length === 0 && <p className="px-4 py-3 font-sans text-sm text-fg-3">{empty}</p>}
        {isWrapped ? <Wrapped lines={lines} /> : <Lines lines={lines} first={first} last={Math.min(lines.length, first + pool)} />}
      </div>
      {!isFollowing && lines.length > 0 && (
        <button type="button" onClick={() => setSeen(undefined)} className="absolute right-4 bottom-3 flex h-7 items-center gap-1.5 rounded-full bg-raised px-3 text-xs font-medium text-accent shadow-float">
          <ArrowDown aria-hidden className="size-3.5" />
          Jump to latest{fresh > 0 && ` · ${count(fresh)} new`}
        </button>
      )}
    </div>
  );
}

function Lines({ lines, first, last }: { lines: readonly LogLine[]; first: number; last: number }) {
  return (
    <div className="relative" style={{ height: lines.length * LINE_PX }}>
      <div className="absolute min-w-full" style={{ transform: `translateY(${Math.min(first, lines.length) * LINE_PX}px)` }}>
        {lines.slice(first, last).map((line) => (
          <Line key={line.seq} line={line} />
        ))}
      </div>
    </div>
  );
}

/** Lines of any height: the browser leaves out those that are far away. */
function Wrapped({ lines }: { lines: readonly LogLine[] }) {
  return Array.from({ length: Math.ceil(lines.length / CHUNK) }, (_, chunk) => (
    <div key={chunk} style={{ contentVisibility: "auto", containIntrinsicSize: `auto ${CHUNK * LINE_PX}px` }}>
      {lines.slice(chunk * CHUNK, (chunk + 1) * CHUNK).map((line) => (
        <Line key={line.seq} line={line} isWrapped />
      ))}
    </div>
  ));
}

const Line = memo(function Line({ line, isWrapped }: { line: LogLine; isWrapped?: boolean }) {
  const level = levelOf(line);
  const data = dataOf(line);
  const at = Date.parse(line.at);
  return (
    <div className={cx("flex gap-3 px-4 leading-5 hover:bg-hover", isWrapped ? "break-words whitespace-pre-wrap" : "h-5 whitespace-pre", level === "error" && "bg-bad/8 [&_.text-fg-3]:text-fg-2")}>
      <time dateTime={line.at} title={moment(at)} className="shrink-0 text-fg-3">
        {clock(at, undefined, { millis: true })}
      </time>
      <span className={cx("w-10 shrink-0 font-medium uppercase", LEVEL_COLOR[level])}>{LEVEL_WORD[level]}</span>
      <span className="min-w-0">
        {colored(isWrapped ? line.message : line.message.replace(/\n/g, " ⏎ ")).map((part, place) => (
          <span key={place} className={part.className}>
            {part.text}
          </span>
        ))}
        {data && <span className="text-fg-3"> {data}</span>}
      </span>
    </div>
  );
});
