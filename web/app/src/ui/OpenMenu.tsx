import { Menu as Base } from "@base-ui/react/menu";
import { cx } from "./class";
import { Kbd } from "./Kbd";
import type { MenuProps } from "./Menu";
import { printed } from "./shortcuts";

/** A menu that is open when it is first shown. */
export default function OpenMenu({ trigger, items, align = "end" }: MenuProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-50">
          <Base.Popup className="max-h-[70vh] min-w-52 overflow-auto rounded-card bg-raised p-1 text-fg shadow-float outline-none">
            {items.map((item, index) =>
              item === null ? (
                <Base.Separator key={index} className="my-1 h-px bg-line" />
              ) : (
                item && (
                  <Base.Item
                    key={index}
                    {...(item.isDisabled ? { disabled: true } : {})}
                    onClick={item.onSelect}
                    className={cx(
                      "flex cursor-pointer items-center gap-2 rounded-control px-2 py-1.5 outline-none select-none data-disabled:cursor-not-allowed data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-3.5",
                      item.isDanger && "text-bad",
                    )}
                  >
                    {item.icon}
                    <span className="flex min-w-0 flex-1 flex-col">
                      <span>{item.label}</span>
                      {item.hint && <span className="max-w-72 text-xs text-fg-3">{item.hint}</span>}
                    </span>
                    {item.shortcut && <Kbd keys={printed(item.shortcut)} />}
                  </Base.Item>
                )
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
