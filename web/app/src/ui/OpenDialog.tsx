import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useRef } from "react";
import { Button } from "./Button";
import { cx } from "./class";
import type { DialogProps } from "./Dialog";
import { Layer, useLayer } from "./shortcuts";

const FIELDS = "input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled), [autofocus]";

/** A dialog that is open. What is typed or chosen first has the focus; without such, the first button of its footer. */
export default function OpenDialog({ onClose, title, description, children, footer, isWide }: DialogProps) {
  const body = useRef<HTMLDivElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const first = () => body.current?.querySelector<HTMLElement>(FIELDS) ?? foot.current?.querySelector<HTMLElement>("button:not(:disabled)") ?? true;
  const layer = useLayer();
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Base.Popup
          initialFocus={first}
          className={cx(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[86vh] w-[calc(100vw-24px)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-card bg-raised text-fg shadow-float outline-none",
            isWide ? "max-w-3xl" : "max-w-lg",
          )}
        >
          <Layer value={layer}>
            <div className="flex items-start gap-2 px-4 pt-3 pb-2">
              <div className="min-w-0 flex-1">
                <Base.Title className="text-base font-semibold">{title}</Base.Title>
                {description && <Base.Description className="mt-0.5 text-fg-2">{description}</Base.Description>}
              </div>
              <Base.Close render={<Button tone="quiet" aria-label="Close" icon={<X />} />} />
            </div>
            <div ref={body} className="min-h-0 flex-1 overflow-auto px-4 py-2">{children}</div>
            {footer && <div ref={foot} className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">{footer}</div>}
          </Layer>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
