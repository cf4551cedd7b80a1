import { Dialog } from "@/ui/Dialog";
import { printed, useActiveShortcuts } from "@/ui/shortcuts";

/** Every key that does something here. */
export default function ShortcutSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const shortcuts = useActiveShortcuts();
  const groups = Map.groupBy(
    shortcuts.filter((one, index) => shortcuts.findIndex((other) => other.keys === one.keys && other.label === one.label) === index),
    (one) => one.group ?? "This page",
  );
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts" isWide>
      <div className="grid gap-6 pb-4 sm:grid-cols-2">
        {[...groups].map(([group, members]) => (
          <section key={group}>
            <h3 className="mb-1 text-2xs tracking-wide text-fg-3 uppercase">{group}</h3>
            <dl className="flex flex-col">
              {members.map((one) => (
                <div key={one.keys + one.label} className="flex h-7 items-center justify-between gap-4 border-b border-line">
                  <dt>{one.label}</dt>
                  <dd className="font-mono text-xs text-fg-2">{printed(one.keys)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
