import { useQuery } from "@tanstack/react-query";
import { Download, RotateCw, X } from "lucide-react";
import { countQuery } from "@/data/runs";
import { capped, count as counted, plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Menu } from "@/ui/Menu";
import { useShortcuts } from "@/ui/shortcuts";
import type { useActions } from "./actions";
import type { RunsSearch } from "./search";
import { listParams } from "./search";
import type { Selection } from "./selection";

interface BarProps {
  actions: ReturnType<typeof useActions>;
  selection: Selection;
  search: RunsSearch;
  isWhole: boolean;
  onAll: () => void;
  onClear: () => void;
}

/** What can be done with the runs that are chosen, floating above the list. */
export function BulkBar({ actions, selection, search, isWhole, onAll, onClear }: BarProps) {
  const isOn = selection.isAll || selection.ids.size > 0;
  const { data: matching } = useQuery({ ...countQuery(listParams(search)), enabled: isWhole || selection.isAll });
  const all = matching && capped(matching.count, matching.complete ? Number.POSITIVE_INFINITY : matching.count);
  useShortcuts(isOn ? [{ keys: "Escape", label: "Clear the selection", group: "Lists", run: onClear }] : []);
  return (
    <>
      {isOn && (
        <div role="toolbar" aria-label="Selected runs" className="absolute bottom-4 left-1/2 z-20 flex w-max max-w-[calc(100%-16px)] -translate-x-1/2 items-center gap-1.5 overflow-x-auto rounded-tool bg-raised p-1.5 shadow-float">
          <span aria-live="polite" className="px-2 font-medium whitespace-nowrap">
            {selection.isAll ? `All ${all ?? "…"} matching` : `${counted(selection.ids.size)} selected`}
          </span>
          {!selection.isAll && isWhole && matching && (matching.count > selection.ids.size || !matching.complete) && (
            <Button tone="quiet" className="!text-accent" onClick={onAll}>
              Select all {all} matching
            </Button>
          )}
          <span aria-hidden className="h-5 w-px shrink-0 bg-line-strong" />
          <Button shortcut="r" onClick={actions.replay}>
            Replay
          </Button>
          <Button tone="danger" shortcut="shift+c" onClick={actions.cancel}>
            Cancel
          </Button>
          <Button icon={<RotateCw />} disabled={actions.failedCount === 0} title="Failed runs go on from what they have done" onClick={actions.resume}>
            Retry failed
          </Button>
          <Menu
            trigger={<Button icon={<Download />}>Export</Button>}
            items={[
              { label: "CSV", hint: "For spreadsheets", onSelect: () => void actions.save("csv") },
              { label: "JSON", hint: "As the API has it", onSelect: () => void actions.save("json") },
            ]}
          />
          <Button tone="quiet" aria-label="Clear the selection" title="Clear (Esc)" icon={<X />} onClick={onClear} />
        </div>
      )}
      <Confirm actions={actions} all={all} />
    </>
  );
}

const WORDS = {
  cancel: ["Cancel", "They end, and so do the runs below them. What they did stays done."],
  replay: ["Replay", "Each starts again from the beginning, with the payload that it had. What they do costs again."],
  resume: ["Retry", "Each goes on in a new run, which repeats only what is not done. Runs that did not fail are left alone."],
} as const;

function Confirm({ actions, all }: { actions: BarProps["actions"]; all: string | undefined }) {
  const { question } = actions;
  const [verb, hint] = WORDS[question?.kind ?? "cancel"];
  const what = question?.count === undefined ? `all ${all ?? ""} matching runs` : plural(question.count, "run");
  return (
    <Dialog
      isOpen={question !== undefined}
      onClose={actions.dismiss}
      title={`${verb} ${what}?`}
      description={hint}
      footer={
        <>
          <Button onClick={actions.dismiss}>Keep them</Button>
          <Button tone="primary" autoFocus onClick={() => question && void actions.start(question.kind)}>
            {verb} {what}
          </Button>
        </>
      }
    />
  );
}
