import { useCallback, useState } from "react";

const COLUMNS = "runcast.runs.columns";

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
