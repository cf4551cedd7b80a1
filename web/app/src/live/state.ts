import { useSyncExternalStore } from "react";
import { serverNow } from "@/format/time";

/** Whether what pages show is kept up to date, and since when it is not. */
export interface Connection {
  state: "connecting" | "live" | "waiting" | "closed";
  /** When it last was live, as the server's time; undefined: never yet. */
  liveAt: number | undefined;
}

let connection: Connection = { state: "connecting", liveAt: undefined };
const listeners = new Set<() => void>();

export function noteState(state: Connection["state"]): void {
  // A connection that is made anew while another stands is no news.
  if (state === connection.state) return;
  const liveAt = connection.state === "live" || state === "live" ? serverNow() : connection.liveAt;
  connection = { state, liveAt };
  for (const listener of listeners) listener();
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

export const isSeen = () => document.visibilityState !== "hidden";
