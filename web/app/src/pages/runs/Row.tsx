import type { MouseEvent } from "react";
import { memo } from "react";
import { useNavigate } from "@tanstack/react-router";
import type { ListedRun } from "@/data/runs";
import { BAD } from "@/data/runs";
import { shortId } from "@/format/number";
import { cx } from "@/ui/class";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";
import type { RunColumn } from "./columns";
import { shownStatus, Took } from "./columns";
import { Children } from "./Children";
import { Doing } from "./Doing";

export const ROW_PX = 36;
export const PHONE_ROW_PX = 60;

export interface RowProps {
  run: ListedRun;
  index: number;
  columns: readonly RunColumn[];
  isPhone: boolean;
  isCurrent: boolean;
  isSelected: boolean;
  /** It was just put here. */
  isArrived: boolean;
  onPoint: (id: string) => void;
  onSelect: (id: string, isRange: boolean) => void;
}

/** One run. Drawn anew only when it changed itself. */
export const Row = memo(function Row(props: RowProps) {
  const { run, index, isPhone, isCurrent, isSelected, onPoint, onSelect } = props;
  const navigate = useNavigate();
  const open = (event: MouseEvent) => {
    if ((event.target as HTMLElement).closest("a, button, input, label") || window.getSelection()?.toString()) return;
    onPoint(run.id);
    if (event.shiftKey) onSelect(run.id, true);
    else if (event.metaKey || event.ctrlKey) window.open(`${document.baseURI.replace(/\/$/, "")}/runs/${run.id}`);
    else void navigate({ to: "/runs/$runId", params: { runId: run.id } });
  };
  return (
    <tr
      data-key={run.id}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      onClick={open}
      // Shift chooses rows, not text.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      style={{ height: isPhone ? PHONE_ROW_PX : ROW_PX }}
      className={cx("cursor-pointer border-b border-line", props.isArrived && "arrived", (isCurrent || isSelected) && "[&_.text-fg-3]:text-fg-2 [&_.text-idle]:text-fg-2", isCurrent ? "bg-active/40 shadow-[inset_0_0_0_1px_var(--accent)]" : isSelected ? "bg-accent/4 shadow-[inset_2px_0_0_var(--accent)]" : "hover:bg-hover")}
    >
      <td className="w-10 py-0 pr-0 pl-4">
        <input
          type="checkbox"
          aria-label={`Select ${run.taskIdentifier} ${run.id}`}
          checked={isSelected}
          onChange={(event) => onSelect(run.id, (event.nativeEvent as unknown as { shiftKey?: boolean }).shiftKey === true)}
          className="block size-4 accent-(--accent)"
        />
      </td>
      {isPhone ? <PhoneCell run={run} /> : props.columns.map((column) => <Cell key={column.key} run={run} column={column} />)}
    </tr>
  );
});

function Cell({ run, column }: { run: ListedRun; column: RunColumn }) {
  return (
    <td className={cx("px-3 py-0", column.className)}>
      <div className="flex min-w-0 items-center truncate">{column.cell(run)}</div>
    </td>
  );
}

function PhoneCell({ run }: { run: ListedRun }) {
  return (
    <td className="px-3 py-0">
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-semibold">{run.taskIdentifier}</span>
        <Status status={shownStatus(run)} className="text-xs" />
      </div>
      <div className="flex h-5 min-w-0 items-center gap-2 text-xs">
        <span className="shrink-0 font-mono text-2xs text-fg-3">{shortId(run.id)}</span>
        <span className="flex min-w-0 flex-1 items-center truncate">
          <Doing run={run} />
        </span>
        {!BAD.includes(run.status) && <Children run={run} />}
        <Ago at={run.createdAt} className="shrink-0 text-fg-3" />
        <span className="shrink-0 text-fg-3">
          <Took run={run} />
        </span>
      </div>
    </td>
  );
}
