import type { CheckedLine } from "@/data/leads";
import { plural } from "@/format/number";
import { cx } from "@/ui/class";
import { accepted } from "./useChecked";

/** Each line with its verdict, and how many become leads. */
export function LineResults({ lines, isChecking, problem }: { lines: readonly CheckedLine[]; isChecking: boolean; problem: string | undefined }) {
  if (problem)
    return (
      <p role="alert" className="text-xs text-bad">
        {problem}
      </p>
    );
  if (lines.length === 0) return <p className="text-xs text-fg-3">One address a line, such as linkedin.com/in/ada-lovelace</p>;
  const good = accepted(lines).length;
  return (
    <div>
      <p aria-live="polite" className={cx("text-xs font-medium", good === 0 ? "text-bad" : "text-ok", isChecking && "opacity-60")}>
        {good === lines.length ? plural(good, "valid address", "valid addresses") : `${good} of ${lines.length} valid`}
      </p>
      <ul className="mt-1 flex max-h-48 flex-col overflow-auto" tabIndex={0} aria-label="Addresses">
        {lines.map((line, index) => {
          const isTwice = line.duplicateOf !== null;
          const note = isTwice ? `the same as line ${line.duplicateOf}` : line.leadId ? "a lead of this client already" : line.reason;
          return (
            <li key={index} className="flex items-baseline gap-2 py-0.5 text-xs">
              <span aria-hidden className={cx("w-3 shrink-0 font-bold", isTwice ? "text-fg-3" : line.ok ? "text-ok" : "text-bad")}>
                {isTwice ? "=" : line.ok ? "✓" : "✕"}
              </span>
              <span className="min-w-0 flex-1 truncate font-mono">{line.ok ? line.slug : line.text}</span>
              {note && <span className={cx("max-w-[60%] text-right", line.ok ? "text-fg-3" : "text-bad")}>{note}</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
