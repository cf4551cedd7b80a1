import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Skeleton } from "@/ui/Empty";
import { useShortcuts } from "@/ui/shortcuts";
import type { RunColumn } from "./columns";
import type { RunsList } from "./fold";
import { PHONE_ROW_PX, Row, ROW_PX } from "./Row";
import type { Selection } from "./selection";
import { ranged, toggled, wholly } from "./selection";
import { usePhone } from "./useMedia";
import { useWindow } from "./useWindow";

const NEAR_END = 20;

interface TableProps {
  list: RunsList;
  columns: readonly RunColumn[];
  selection: Selection;
  onSelect: (change: (selection: Selection) => Selection) => void;
  /** The row that the keys act on. */
  current: string | undefined;
  onCurrent: (id: string | undefined) => void;
  isLoadingMore: boolean;
  /** Older runs could not be read. */
  isStuck: boolean;
  onMore: () => void;
  onOlder: (after: string) => void;
  onTop: (isAtTop: boolean) => void;
  /** The pointer came, or went. */
  onPoint: (isThere: boolean) => void;
}

/** The runs, of which only those in sight are drawn. */
export function RunsTable(props: TableProps) {
  const { list, columns, selection, onSelect, current, onCurrent, isLoadingMore, isStuck, onMore, onTop, onPoint } = props;
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const isPhone = usePhone();
  const height = isPhone ? PHONE_ROW_PX : ROW_PX;
  const { rows } = list;
  const [first, last] = useWindow(scroller, height, rows.length);
  const order = useRef<readonly string[]>([]);
  order.current = rows.map((row) => row.id);

  useEffect(() => {
    if (last >= rows.length - NEAR_END && list.next !== undefined && !list.isFull && !isLoadingMore && !isStuck) onMore();
  }, [last, rows.length, list.next, list.isFull, isLoadingMore, isStuck, onMore]);

  const select = useCallback((id: string, asRange: boolean) => onSelect((before) => (asRange ? ranged(before, id, order.current) : toggled(before, id))), [onSelect]);
  const move = (by: number) => {
    const at = current === undefined ? -1 : order.current.indexOf(current);
    const next = Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by));
    onCurrent(order.current[next]);
    reveal(scroller.current, next, height);
  };
  useShortcuts([
    { keys: "j", label: "Next row", group: "Lists", repeats: true, run: () => move(1) },
    { keys: "k", label: "Previous row", group: "Lists", repeats: true, run: () => move(-1) },
    { keys: "x", label: "Select row", group: "Lists", run: () => current && select(current, false) },
    { keys: "shift+x", label: "Select rows up to here", group: "Lists", run: () => current && select(current, true) },
    { keys: "mod+a", label: "Select all rows", group: "Lists", run: () => onSelect((before) => wholly(before, order.current)) },
    { keys: "Enter", label: "Open row", group: "Lists", run: (event) => openRow(event, current, (runId) => void navigate({ to: "/runs/$runId", params: { runId } })) },
  ]);
  const isWhole = rows.length > 0 && (selection.isAll || rows.every((row) => selection.ids.has(row.id)));
  return (
    <div
      ref={scroller}
      onPointerEnter={(event) => onPoint(event.pointerType === "mouse")}
      onPointerLeave={() => onPoint(false)}
      onScroll={(event) => onTop(event.currentTarget.scrollTop < height)}
      className={cx("min-h-0 flex-1 overflow-auto", (selection.isAll || selection.ids.size > 0) && "pb-16")}
      tabIndex={-1}
    >
      <table aria-label="Runs" aria-rowcount={rows.length + 1} className="w-full table-fixed border-collapse text-left">
        <thead className="sticky top-0 z-10 bg-panel shadow-[0_1px_0_var(--line)]">
          <tr className="h-8 text-2xs tracking-wide text-fg-3 uppercase" aria-rowindex={1}>
            <th scope="col" className="w-10 pr-0 pl-4">
              <input
                type="checkbox"
                aria-label="Select all rows"
                checked={isWhole}
                ref={(box) => {
                  if (box) box.indeterminate = selection.ids.size > 0 && !isWhole;
                }}
                onChange={() => onSelect((before) => wholly(before, order.current))}
                className="block size-4 accent-(--accent)"
              />
            </th>
            {isPhone ? (
              <th scope="col" className="px-3 font-medium">
                Runs, newest first
              </th>
            ) : (
              columns.map((column) => (
                <th key={column.key} scope="col" className={cx("px-3 font-medium", column.className)}>
                  {column.label}
                </th>
              ))
            )}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden style={{ height: first * height }} />}
          {rows.slice(first, last).map((run, at) => (
            <Row
              key={run.id}
              run={run}
              index={first + at}
              columns={columns}
              isPhone={isPhone}
              isArrived={list.arrived.has(run.id)}
              isCurrent={run.id === current}
              isSelected={selection.isAll || selection.ids.has(run.id)}
              onPoint={onCurrent}
              onSelect={select}
            />
          ))}
          {last < rows.length && <tr aria-hidden style={{ height: (rows.length - last) * height }} />}
        </tbody>
      </table>
      <End {...props} />
    </div>
  );
}

function End({ list, isLoadingMore, isStuck, onMore, onOlder }: TableProps) {
  const oldest = list.rows.at(-1)?.id;
  if (isLoadingMore) return <Skeleton rows={3} />;
  if (isStuck)
    return (
      <div className="flex justify-center p-4">
        <Button onClick={onMore}>Try again</Button>
      </div>
    );
  if (list.isFull && list.next !== undefined && oldest)
    return (
      <div className="flex flex-wrap items-center justify-center gap-3 p-4 text-fg-2">
        {list.rows.length.toLocaleString("en-US")} runs are shown. Narrow them by time, or go on from here.
        <Button onClick={() => onOlder(oldest)}>Older runs</Button>
      </div>
    );
  return null;
}

/** Scroll as little as shows the row below the header. */
function reveal(scroller: HTMLElement | null, index: number, height: number): void {
  if (!scroller) return;
  const header = 32;
  const top = index * height;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height + header > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height + header - scroller.clientHeight;
}

function openRow(event: KeyboardEvent, current: string | undefined, open: (runId: string) => void): void {
  const control = (event.target as HTMLElement).closest<HTMLElement>("a, button");
  if (control) control.click();
  else if (current) open(current);
}
