import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement } from "react";
import type { ChoicesProps } from "./Choices";

const ITEM = "flex min-h-7 cursor-pointer items-center gap-2 rounded-control px-2 py-1 outline-none select-none data-highlighted:bg-hover";

/** The list of choices, open when it is first shown. */
export default function OpenChoices({ trigger, choices, onChoose, isMany, footer }: Omit<ChoicesProps, "label" | "isSet"> & { trigger: ReactElement }) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
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
