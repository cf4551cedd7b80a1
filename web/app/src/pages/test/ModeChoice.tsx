import { cx } from "@/ui/class";
import type { Mode } from "./PayloadEditor";

/** The payload as a form, or as JSON. Text that is no JSON has to be mended before the form can show it. */
export function ModeChoice({ mode, isLocked, onChoose }: { mode: Mode; isLocked: boolean; onChoose: (mode: Mode) => void }) {
  return (
    <span role="group" aria-label="Edit as" className="flex gap-0.5">
      {(["form", "json"] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === mode}
          disabled={isLocked && one !== mode}
          onClick={() => onChoose(one)}
          className={cx("h-6 rounded-control px-2 text-xs disabled:opacity-50 max-sm:h-8", one === mode ? "bg-active font-medium text-fg" : "text-fg-2 hover:bg-hover")}
        >
          {one === "form" ? "Form" : "JSON"}
        </button>
      ))}
    </span>
  );
}
