import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { attemptsQuery } from "@/data/run";
import { forceCancel } from "@/data/runDeeds";
import { attempt, said } from "@/ui/toast";

/** Free the slots of what goes on although its run has ended. */
export function useForce(runId: string): { isBusy: boolean; force: () => void } {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const force = async () => {
    setBusy(true);
    const done = await attempt("It could not be forced", () => forceCancel(runId));
    if (done) said("Its slot is free", "What its code still does is not recorded.");
    await client.invalidateQueries({ queryKey: attemptsQuery(runId).queryKey });
    setBusy(false);
  };
  return { isBusy, force: () => void force() };
}
