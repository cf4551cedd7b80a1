import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Schedule } from "@/data/schedules";
import { deleteSchedule, runSchedule, scheduleQuery, setActive } from "@/data/schedules";
import { attempt, said } from "@/ui/toast";

/** What a schedule is called where one line has to do. */
export const nameOf = (schedule: Schedule) => schedule.deduplicationKey ?? schedule.task;

/** What can be done with a schedule. */
export function useScheduleActions() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const fresh = () => client.invalidateQueries({ queryKey: ["schedules"] });
  return {
    toggle: async (schedule: Schedule) => {
      const now = await attempt(`Could not ${schedule.active ? "pause" : "activate"} the schedule`, () => setActive(schedule.id, !schedule.active));
      if (!now) return;
      client.setQueryData(scheduleQuery(schedule.id).queryKey, now);
      void fresh();
      said(now.active ? `${nameOf(schedule)} ticks again` : `${nameOf(schedule)} is paused: what runs goes on`);
    },
    run: async (schedule: Schedule) => {
      const made = await attempt("Could not start a run", () => runSchedule(schedule.id));
      if (!made) return;
      void fresh();
      said(`${schedule.task} is started`, undefined, { label: "Open run", onClick: () => void navigate({ to: "/runs/$runId", params: { runId: made.id } }) });
    },
    remove: async (schedule: Schedule) => {
      const gone = await attempt("Could not delete the schedule", () => deleteSchedule(schedule.id));
      if (gone === undefined) return;
      await navigate({ to: "/schedules" });
      void fresh();
      said(`${nameOf(schedule)} is deleted; its runs stay`);
    },
  };
}
