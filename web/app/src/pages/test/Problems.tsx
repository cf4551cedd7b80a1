import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import type { Problem } from "./model/check";
import { pathText } from "./model/check";

const SHOWN = 8;

/** What stands against the payload: here, or in the server's words. The task has the last word, so one may go on. */
export function Problems({ refusal, problems, onAnyway }: { refusal: string | undefined; problems: readonly Problem[]; onAnyway: (() => void) | undefined }) {
  if (refusal !== undefined)
    return (
      <div role="alert" className="rounded-card border border-bad/50 bg-panel px-4 py-3">
        <p className="font-medium text-bad">The server does not take it</p>
        <p className="break-words text-fg-2">{refusal}</p>
      </div>
    );
  if (problems.length === 0) return null;
  return (
    <div role="alert" className="rounded-card border border-wait/50 bg-panel px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <p className="font-medium text-wait">The payload does not fit: {plural(problems.length, "problem")}</p>
        {onAnyway && (
          <Button tone="quiet" className="ml-auto" onClick={onAnyway}>
            Run it anyway
          </Button>
        )}
      </div>
      <ul className="mt-1 text-fg-2">
        {problems.slice(0, SHOWN).map((one, index) => (
          <li key={index} className="break-words">
            {one.path.length > 0 && <code className="font-mono text-xs">{pathText(one.path)}</code>} {one.message}
          </li>
        ))}
        {problems.length > SHOWN && <li>and {problems.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}
