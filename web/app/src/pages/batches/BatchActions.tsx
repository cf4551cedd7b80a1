import type { Run } from "@runcast/client";
import { Ban, Play } from "lucide-react";
import { useState } from "react";
import { post } from "@/data/api";
import { retryAll } from "@/data/errors";
import { useMay } from "@/data/may";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { attempt, doUnlessUndone, said } from "@/ui/toast";
import { groupOf } from "./groups";

const IDS_MAX = 1_000;

/** What can be done about a batch: begin anew what failed, end what has not ended. */
export function BatchActions({ id, runs }: { id: string; runs: readonly Run[] }) {
  const [isAsking, setAsking] = useState(false);
  const may = useMay("operator");
  const failed = runs.filter((run) => groupOf(run) === "failed").slice(0, IDS_MAX);
  const alive = runs.filter((run) => !run.isCompleted);
  const resume = () =>
    doUnlessUndone(`Resuming ${plural(failed.length, "run")}`, async () => {
      await retryAll("resume", failed.map((run) => run.id), `failed runs of ${id}`);
      said(`${plural(failed.length, "run")} begun anew`, "They are new runs, among the runs of their tasks.");
    });
  const cancel = async () => {
    setAsking(false);
    const done = await attempt("The batch could not be canceled", () => post("/api/v1/bulk-actions", { action: "cancel", filter: { batch: id }, name: `cancel ${id}` }));
    if (done) said("Canceling what has not ended");
  };
  if (!may) return null;
  return (
    <>
      {alive.length > 0 && (
        <Button tone="danger" icon={<Ban />} shortcut="shift+c" onClick={() => setAsking(true)}>
          Cancel
        </Button>
      )}
      {failed.length > 0 && (
        <Button icon={<Play />} onClick={resume} title="New runs, which do only what these have not done">
          Resume {plural(failed.length, "failed run")}
        </Button>
      )}
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Cancel ${plural(alive.length, "run")}?`}
        description="What has ended stays as it is. A run that executes is asked to stop, and has a moment to clean up."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep running</Button>
            <Button tone="danger" onClick={() => void cancel()}>
              Cancel {plural(alive.length, "run")}
            </Button>
          </>
        }
      />
    </>
  );
}
