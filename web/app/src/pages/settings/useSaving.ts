import type { QueryKey } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

/** A form that is sent: whether it is on its way, what is wrong with it, and what is read anew once it is done. */
export function useSaving(queryKey: QueryKey): { isBusy: boolean; error: string | undefined; save: <T>(act: () => Promise<T>) => Promise<T | undefined> } {
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const save = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setError(undefined);
    try {
      const made = await act();
      void client.invalidateQueries({ queryKey });
      return made;
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, save };
}
