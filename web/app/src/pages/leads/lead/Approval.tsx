import { useWaitToken } from "@runcast/react-hooks";
import { Check, X } from "lucide-react";
import { Button } from "@/ui/Button";
import type { Step } from "../steps";

/** The question to a person, and the two answers. */
export function Approval({ step }: { step: Step }) {
  const { complete, isLoading, isDone, error } = useWaitToken(step.waitId ?? "");
  if (step.status !== "WAITING" || !step.waitId) return null;
  const answer = (approved: boolean) => void complete(approved).catch(() => undefined);
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-card border border-bar-wait/60 p-3">
      <p className="min-w-52 flex-1">May this be used? Look at the e-mails and the page above first.</p>
      <Button tone="primary" icon={<Check />} shortcut="a" isBusy={isLoading} disabled={isDone} onClick={() => answer(true)}>
        Approve
      </Button>
      <Button tone="danger" icon={<X />} shortcut="d" disabled={isLoading || isDone} onClick={() => answer(false)}>
        Decline
      </Button>
      {error && <p role="alert" className="w-full text-bad">{error.message}</p>}
    </div>
  );
}
