import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { cx } from "./class";
import { useShortcuts } from "./shortcuts";

export interface Column<Row> {
  key: string;
  label: ReactNode;
  cell: (row: Row) => ReactNode;
  className?: string;
  /** Not shown on phones. */
  isWide?: boolean;
}

/** A list as a table, with a selected row that `j`, `k` and `Enter` move and open. Rows keep their place when they change. */
export function Table<Row>({ rows, columns, keyOf, onOpen, label, rowClass }: { rows: readonly Row[]; columns: readonly Column<Row>[]; keyOf: (row: Row) => string; onOpen?: (row: Row) => void; label: string; rowClass?: (row: Row) => string | false | undefined }) {
  const [selected, setSelected] = useState<string>();
  const body = useRef<HTMLTableSectionElement>(null);
  const move = (by: number) => {
    const at = rows.findIndex((row) => keyOf(row) === selected);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))];
    if (next) setSelected(keyOf(next));
  };
  useEffect(() => {
    if (selected) body.current?.querySelector(`[data-key="${CSS.escape(selected)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  useShortcuts([
    { keys: "j", label: "Next row", group: "Lists", repeats: true, run: () => move(1) },
    { keys: "k", label: "Previous row", group: "Lists", repeats: true, run: () => move(-1) },
    ...(onOpen
      ? [
          {
            keys: "Enter",
            label: "Open row",
            group: "Lists",
            run: (event: KeyboardEvent) => {
              const target = event.target as HTMLElement;
              const row = rows.find((one) => keyOf(one) === selected);
              if (target.closest("a, button")) target.closest<HTMLElement>("a, button")?.click();
              else if (row) onOpen(row);
            },
          },
        ]
      : []),
  ]);
  return (
    <table aria-label={label} className="w-full border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-panel">
        <tr className="h-8 border-b border-line text-2xs tracking-wide text-fg-3 uppercase">
          {columns.map((column) => (
            <th key={column.key} scope="col" className={cx("px-4 font-medium whitespace-nowrap", column.isWide && "max-sm:hidden", column.className)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row) => {
          const key = keyOf(row);
          return (
            <tr
              key={key}
              data-key={key}
              aria-selected={onOpen ? key === selected : undefined}
              onClick={(event) => {
                if (!event.currentTarget.contains(event.target as Node) || (event.target as HTMLElement).closest("a, button, input, label") || window.getSelection()?.toString()) return;
                setSelected(key);
                onOpen?.(row);
              }}
              className={cx("h-9 border-b border-line", onOpen && "cursor-pointer hover:bg-hover", key === selected && "bg-active", rowClass?.(row))}
            >
              {columns.map((column) => (
                <td key={column.key} className={cx("px-4 py-1", column.isWide && "max-sm:hidden", column.className)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
