import type { LiveEvent, Run } from "@runcast/client";
import { isOfRun } from "@runcast/client";

/** Rows with what events say of them. Ids sort by time. */
export function merged(rows: readonly Run[], events: readonly LiveEvent[], fits: (run: Run) => boolean, size: number): Run[] {
  const byId = new Map(rows.map((run) => [run.id, run]));
  for (const event of events) {
    if (isOfRun(event) && fits(event.d)) byId.set(event.d.id, { ...byId.get(event.d.id), ...event.d });
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, size);
}
