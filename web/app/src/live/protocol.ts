import type { LiveEvent } from "@runcast/client";

/** What a tab says to the worker that keeps the one connection of all tabs. */
export type ToWorker =
  | { type: "follow"; id: number; topics: string[]; after?: number }
  | { type: "read"; id: number; runId: string; key: string; from: number }
  | { type: "leave"; id: number }
  /** A tab that is hidden needs less often. */
  | { type: "hidden"; isHidden: boolean };

/** What the worker says to a tab, several at once. */
export type ToTab =
  | { type: "events"; id: number; events: LiveEvent[] }
  | { type: "reset"; id: number; topics: string[] }
  | { type: "parts"; id: number; parts: unknown[] }
  | { type: "end"; id: number; error?: string }
  | { type: "state"; id: number; state: "connecting" | "live" | "waiting" | "closed"; error?: string };
