import { useSyncExternalStore } from "react";

/** Runs that are being canceled, as far as this page knows: shown at once, before the server was told. */
const canceling = new Set<string>();
const listeners = new Set<() => void>();

export function markCanceling(id: string, isOn: boolean): void {
  if (isOn) canceling.add(id);
  else canceling.delete(id);
  for (const listener of listeners) listener();
}

export function useCanceling(id: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => canceling.has(id),
  );
}
