import { cx } from "@/ui/class";

const CHOICES = [
  [undefined, "All"],
  ["running", "Running"],
  ["waiting", "Waiting"],
  ["completed", "Completed"],
  ["failed", "Failed"],
] as const;

/** Which leads are shown. */
export function StatusFilter({ status, onChange }: { status: string | undefined; onChange: (status: string | undefined) => void }) {
  return (
    <div role="group" aria-label="Status" className="flex gap-1 overflow-x-auto border-b border-line bg-panel px-4 py-2">
      {CHOICES.map(([value, label]) => (
        <button key={label} type="button" aria-pressed={status === value} onClick={() => onChange(value)} className={cx("h-7 rounded-control px-2.5 whitespace-nowrap", status === value ? "bg-active font-medium text-fg" : "text-fg-2 hover:bg-hover")}>
          {label}
        </button>
      ))}
    </div>
  );
}
