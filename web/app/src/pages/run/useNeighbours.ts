import { useNavigate } from "@tanstack/react-router";
import { neighbour } from "@/data/neighbours";
import { useShortcuts } from "@/ui/shortcuts";
import { attempt, said } from "@/ui/toast";

/** `[` and `]` walk through the list that the run was opened from. */
export function useNeighbours(runId: string): void {
  const navigate = useNavigate();
  const go = async (where: "above" | "below") => {
    const found = await attempt("The next run could not be found", () => neighbour(runId, where).then((id) => ({ id })));
    if (found?.id) void navigate({ to: "/runs/$runId", params: { runId: found.id } });
    else if (found) said(where === "above" ? "This is the newest run of the list" : "This is the oldest run of the list");
  };
  useShortcuts([
    { keys: "[", label: "Previous run of the list", group: "Run", run: () => void go("above") },
    { keys: "]", label: "Next run of the list", group: "Run", run: () => void go("below") },
  ]);
}
