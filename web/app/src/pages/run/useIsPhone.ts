import { useSyncExternalStore } from "react";

const phone = typeof matchMedia === "undefined" ? undefined : matchMedia("(max-width: 640px)");

/** Whether there is no room for more than one thing beside the other. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(
    (listener) => {
      phone?.addEventListener("change", listener);
      return () => phone?.removeEventListener("change", listener);
    },
    () => phone?.matches ?? false,
  );
}
