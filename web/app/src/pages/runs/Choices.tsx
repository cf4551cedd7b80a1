import { Menu as Base } from "@base-ui/react/menu";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/ui/class";

export interface Choice {
  value: string;
  label: ReactNode;
  isOn: boolean;
}

const ITEM = "flex min-h-7 cursor-pointer items-center gap-2 rounded-control px-2 py-1 outline-none select-none data-highlighted:bg-hover";

/** A button that says what is chosen, and opens what can be. With `isMany` it stays open. */
export function Choices({ label, choices, onChoose, isMany, isSet, footer }: { label: ReactNode; choices: readonly Choice[]; onChoose: (value: string) => void; isMany?: boolean; isSet?: boolean; footer?: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger
        className={cx(
          "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-control border px-2.5 whitespace-nowrap max-sm:h-9",
          isSet ? "border-accent bg-accent/10 text-fg" : "border-line-strong bg-panel text-fg-2 hover:bg-hover hover:text-fg",
        )}
      >
        {label}
        <ChevronDown aria-hidden className="size-3.5 text-fg-3" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align="start" sideOffset={4} className="z-50">
          <Base.Popup className="max-h-[70vh] min-w-44 overflow-auto rounded-card bg-raised p-1 text-fg shadow-float outline-none">
            {choices.map((choice) => (
              <Base.CheckboxItem key={choice.value} checked={choice.isOn} closeOnClick={!isMany} onCheckedChange={() => onChoose(choice.value)} className={ITEM}>
                <span className="flex w-3.5 justify-center">{choice.isOn && <Check aria-hidden className="size-3.5 text-accent" />}</span>
                {choice.label}
              </Base.CheckboxItem>
            ))}
            {choices.length === 0 && <p className="px-2 py-1 text-fg-3">Nothing to choose</p>}
            {footer}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
