/** The runs before and after one, in the list that it was opened from. */

import type { Params } from "./api";
import { get } from "./api";

const LIST = "runcast.list";

/** The list that is looked at, as the API is asked for it: who opens a run of it goes on to its neighbours. */
export function rememberList(filters: Params): void {
  sessionStorage.setItem(LIST, JSON.stringify(filters));
}

function rememberedList(): Params {
  try {
    return JSON.parse(sessionStorage.getItem(LIST) ?? "{}") as Params;
  } catch {
    return {};
  }
}

/** The id of the run above (newer) or below (older); undefined at the end of the list. */
export async function neighbour(runId: string, where: "above" | "below"): Promise<string | undefined> {
  const cursor = where === "above" ? { "page[before]": runId } : { "page[after]": runId };
  const { data } = await get<{ data: { id: string }[] }>("/api/v1/runs", { ...rememberedList(), ...cursor, "page[size]": 1 });
  return data[0]?.id;
}
