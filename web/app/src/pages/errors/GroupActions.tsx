import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Play } from "lucide-react";
import type { ErrorDetail } from "@/data/errors";
import { retryAll } from "@/data/errors";
import { useMay } from "@/data/may";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Menu } from "@/ui/Menu";
import { doUnlessUndone, said } from "@/ui/toast";

/** What can be done about all runs of a kind of error. */
export function GroupActions({ group }: { group: ErrorDetail }) {
  const client = useQueryClient();
  const may = useMay("operator");
  const runs = plural(group.runIds.length, "run");
  const name = `${group.error.name ?? "Error"} in ${group.taskIdentifier}`;
  const act = (action: "resume" | "replay", verb: string) =>
    doUnlessUndone(`${verb} ${runs}`, async () => {
      await retryAll(action, group.runIds, name);
      said(`${runs} begun anew`, "New runs appear among the runs of the task.");
      await client.invalidateQueries({ queryKey: ["recent"] });
    });
  if (!may) return null;
  return (
    <>
      <Button tone="primary" icon={<Play />} shortcut="r" onClick={() => act("resume", "Resuming")} title="New runs, which do only what these have not done">
        Resume {runs}
      </Button>
      <Menu
        trigger={<Button aria-label="More to do" icon={<ChevronDown />} />}
        items={[
          { label: `Resume ${runs}`, hint: "New runs, which keep what these have done and go on from there", shortcut: "r", onSelect: () => act("resume", "Resuming") },
          { label: `Replay ${runs}`, hint: "New runs from the beginning, with the same payloads", onSelect: () => act("replay", "Replaying") },
        ]}
      />
    </>
  );
}
