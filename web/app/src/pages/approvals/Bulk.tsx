import { Check, X } from "lucide-react";
import type { Wait } from "@/data/waits";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { useShortcuts } from "@/ui/shortcuts";
import { isPlain, yesAndNo } from "./deciding";

/** The same answer to several questions, where nothing has to be typed. */
export function Bulk({ waits, onDecide, onClear }: { waits: readonly Wait[]; onDecide: (isYes: boolean) => void; onClear: () => void }) {
  const may = (isYes: boolean) => waits.every((wait) => isPlain(wait.form) && yesAndNo(wait.form)[isYes ? "yes" : "no"] !== undefined);
  useShortcuts([{ keys: "Escape", label: "Clear selection", group: "Lists", run: onClear }]);
  return (
    <div role="toolbar" aria-label="Selected questions" className="fixed bottom-6 left-1/2 z-20 flex w-max max-w-[calc(100vw-24px)] -translate-x-1/2 flex-wrap items-center gap-2 rounded-tool bg-raised p-2 pl-4 shadow-float">
      <span aria-live="polite">{plural(waits.length, "question")} selected</span>
      <Button icon={<Check />} shortcut="shift+a" disabled={!may(true)} onClick={() => onDecide(true)}>
        Approve {waits.length}
      </Button>
      <Button tone="danger" icon={<X />} shortcut="shift+d" disabled={!may(false)} onClick={() => onDecide(false)}>
        Reject {waits.length}
      </Button>
      <Button tone="quiet" onClick={onClear}>
        Clear
      </Button>
      {!may(true) && <span className="text-xs text-fg-3">Some need more than a yes or no</span>}
    </div>
  );
}
