import { useCallback, useState } from "react";
import type { RunsSearch } from "./search";
import { readRunsSearch } from "./search";

const COLUMNS = "runcast.runs.columns";
const VIEWS = "runcast.runs.views";

/** Filters under a name. They are of this browser. */
export interface View {
  name: string;
  search: RunsSearch;
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as unknown;
  } catch {
    return null;
  }
}

/** Keys of the columns that are shown; undefined: as they come. */
export function useColumns(): [readonly string[] | undefined, (keys: readonly string[] | undefined) => void] {
  const [keys, setKeys] = useState(() => {
    const stored = read(COLUMNS);
    return Array.isArray(stored) ? stored.map(String) : undefined;
  });
  const choose = useCallback((next: readonly string[] | undefined) => {
    if (next) localStorage.setItem(COLUMNS, JSON.stringify(next));
    else localStorage.removeItem(COLUMNS);
    setKeys(next ? [...next] : undefined);
  }, []);
  return [keys, choose];
}

export function readViews(stored: unknown): View[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: unknown) => {
    const { name, search } = (one ?? {}) as Record<string, unknown>;
    return typeof name === "string" && typeof search === "object" && search !== null ? [{ name, search: readRunsSearch(search as Record<string, unknown>) }] : [];
  });
}

export function useViews(): { views: readonly View[]; save: (name: string, search: RunsSearch) => void; forget: (name: string) => void } {
  const [views, setViews] = useState(() => readViews(read(VIEWS)));
  const keep = (next: View[]) => {
    localStorage.setItem(VIEWS, JSON.stringify(next));
    setViews(next);
  };
  const others = (name: string) => views.filter((one) => one.name !== name);
  return {
    views,
    save: (name, search) => keep([...others(name), { name, search }]),
    forget: (name) => keep(others(name)),
  };
}
