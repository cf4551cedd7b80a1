import { Download, WrapText } from "lucide-react";
import { count, plural } from "@/format/number";
import type { Level, LogLine } from "@/trace/logs";
import { fileOf, levelOf, LEVELS } from "@/trace/logs";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";

export const LEVEL_COLOR: Record<Level, string> = { trace: "text-fg-3", debug: "text-fg-3", info: "text-run", warning: "text-wait", error: "text-bad" };
export const LEVEL_WORD: Record<Level, string> = { trace: "Trace", debug: "Debug", info: "Info", warning: "Warn", error: "Error" };

export interface LogsBarProps {
  lines: readonly LogLine[];
  shown: readonly LogLine[];
  levels: ReadonlySet<Level>;
  onLevels: (levels: ReadonlySet<Level>) => void;
  /** Name of the step that is selected. */
  step: string | undefined;
  isOfStep: boolean;
  onOfStep: (isOfStep: boolean) => void;
  isWrapped: boolean;
  onWrap: (isWrapped: boolean) => void;
  fileName: string;
}

/** Which lines are shown, and how. */
export function LogsBar({ lines, shown, levels, onLevels, step, isOfStep, onOfStep, isWrapped, onWrap, fileName }: LogsBarProps) {
  const counts = new Map<Level, number>();
  for (const line of lines) counts.set(levelOf(line), (counts.get(levelOf(line)) ?? 0) + 1);
  const toggle = (level: Level) => {
    const next = new Set(levels);
    if (!next.delete(level)) next.add(level);
    onLevels(next);
  };
  return (
    <div className="flex h-8 shrink-0 items-center gap-1.5 overflow-x-auto border-b border-line px-3 text-xs whitespace-nowrap">
      <h2 className="mr-1 font-semibold">Logs</h2>
      {LEVELS.filter((level) => counts.has(level)).map((level) => (
        <button
          key={level}
          type="button"
          aria-pressed={levels.has(level)}
          onClick={() => toggle(level)}
          className={cx("flex h-5 shrink-0 items-center gap-1 rounded-full border px-2 text-2xs", levels.has(level) ? cx("border-current", LEVEL_COLOR[level]) : "border-line-strong text-fg-3 line-through")}
        >
          {LEVEL_WORD[level]} {count(counts.get(level) ?? 0)}
        </button>
      ))}
      {step !== undefined && (
        <button type="button" aria-pressed={isOfStep} onClick={() => onOfStep(!isOfStep)} className={cx("flex h-5 max-w-52 shrink-0 items-center rounded-full border px-2 text-2xs", isOfStep ? "border-accent text-accent" : "border-line-strong text-fg-2")}>
          <span className="truncate">Only {step}</span>
        </button>
      )}
      <span className="ml-auto text-2xs text-fg-3">{plural(shown.length, "line")}</span>
      <Button tone="quiet" aria-label="Wrap long lines" aria-pressed={isWrapped} title="Wrap long lines" icon={<WrapText />} className={cx("!h-6 !w-6", isWrapped && "bg-hover text-fg")} onClick={() => onWrap(!isWrapped)} />
      <Button tone="quiet" aria-label="Download these lines" title="Download these lines" icon={<Download />} className="!h-6 !w-6" disabled={shown.length === 0} onClick={() => save(fileName, fileOf(shown))} />
    </div>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
