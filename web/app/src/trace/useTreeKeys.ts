import { useEffect, useRef } from "react";
import type { Trace } from "@/data/trace";
import { useShortcuts } from "@/ui/shortcuts";
import type { Row } from "./rows";
import { groupId, LEVEL_MAX } from "./rows";

export interface TreeKeys {
  trace: Trace;
  /** Id of the row that the keys begin at. */
  current: string;
  onSelect: (id: string) => void;
  onOpen: (row: Row, isOpen: boolean) => void;
}

/** The tree by keyboard: arrows move and open, letters and digits open much at once. Returns what the tree itself does with keys. */
export function useTreeKeys(keys: TreeKeys): (event: KeyboardEvent) => void {
  const newest = useRef(keys);
  newest.current = keys;
  const { trace } = keys;
  const { view, store } = trace;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isHere = target === document.body || target.closest("[role=tree]") !== null;
      if (isHere && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.altKey && act(newest.current, event.key)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  const all = (isOpen: boolean) => {
    const row = view.rows()[view.placeOf(newest.current.current)];
    if (row) openBelow(trace, row, isOpen, newest.current.onOpen);
  };
  useShortcuts([
    { keys: "shift+e", label: "Expand with everything below", group: "Run", run: () => all(true) },
    { keys: "w", label: "Collapse with everything below", group: "Run", run: () => all(false) },
    { keys: "t", label: "To the top", group: "Run", run: () => newest.current.onSelect(trace.runId) },
    {
      keys: "p",
      label: "To the parent",
      group: "Run",
      run: () => {
        const parent = store.get(newest.current.current)?.parentId;
        if (parent !== undefined) newest.current.onSelect(parent);
      },
    },
    ...Array.from({ length: LEVEL_MAX + 1 }, (_, level) => ({ keys: String(level), label: level === LEVEL_MAX ? "Expand all levels" : `Expand ${level} levels`, group: "Run", run: () => view.change({ level }) })),
  ]);
  // On the page E makes a report; in the tree it opens.
  return (event) => {
    if (event.key !== "e" || event.metaKey || event.ctrlKey || event.altKey) return;
    event.stopPropagation();
    event.preventDefault();
    all(true);
  };
}

function act({ trace, current, onSelect, onOpen }: TreeKeys, key: string): boolean {
  const { view, store } = trace;
  const rows = view.rows();
  const at = Math.max(0, view.placeOf(current));
  const row = rows[at];
  if (!row) return false;
  const to = (place: number) => {
    const found = rows[Math.max(0, Math.min(rows.length - 1, place))];
    if (found) onSelect(found.id);
  };
  switch (key) {
    case "ArrowDown":
      to(at + 1);
      return true;
    case "ArrowUp":
      to(at - 1);
      return true;
    case "Home":
      to(0);
      return true;
    case "End":
      to(rows.length - 1);
      return true;
    case "ArrowRight":
      if (row.hasChildren && !row.isOpen) onOpen(row, true);
      else if (row.isOpen) to(at + 1);
      return true;
    case "ArrowLeft": {
      if (row.isOpen) {
        onOpen(row, false);
        return true;
      }
      const parent = parentRow(rows, at);
      if (parent) onSelect(parent.id);
      else onSelect(store.get(row.id)?.parentId ?? row.id);
      return true;
    }
    default:
      return false;
  }
}

function parentRow(rows: readonly Row[], at: number): Row | undefined {
  const depth = rows[at]?.depth ?? 0;
  for (let above = at - 1; above >= 0; above--) if ((rows[above]?.depth ?? 0) < depth) return rows[above];
  return undefined;
}

function openBelow({ store, view }: Trace, row: Row, isOpen: boolean, onOpen: TreeKeys["onOpen"]): void {
  const waiting = row.group ? [...row.group.ids] : [row.id];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const children = store.childrenOf(id);
    if (children.length > 0) view.opened.set(id, isOpen);
    const names = new Set(children.map((child) => store.get(child)?.name ?? ""));
    for (const name of names) view.opened.set(groupId(id, name), isOpen);
    waiting.push(...children);
  }
  onOpen(row, isOpen);
}
