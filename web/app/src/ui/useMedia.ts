import { useSyncExternalStore } from "react";

/** Whether a media query holds. */
export function useMedia(text: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(text);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(text).matches,
  );
}
