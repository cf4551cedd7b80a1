import type { QueryKey } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import type { Sending } from "@/ui/useSending";
import { useSending } from "@/ui/useSending";

/** A form that is sent: whether it is on its way, what is wrong with it, and what is read anew once it is done. */
export function useSaving(queryKey: QueryKey): { isBusy: boolean; error: string | undefined; save: Sending["send"] } {
  const client = useQueryClient();
  const { isBusy, error, send } = useSending();
  const save = <T>(act: () => Promise<T>) =>
    send(async () => {
      const made = await act();
      void client.invalidateQueries({ queryKey });
      return made;
    });
  return { isBusy, error, save };
}
