import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import { cx } from "./class";

export interface Tab<Name extends string> {
  name: Name;
  label: ReactNode;
  /** Shown behind the label. */
  count?: number | undefined;
}

/** Tabs whose choice the page keeps, in its URL. */
export function Tabs<Name extends string>({ tabs, current, onChange, children, className }: { tabs: readonly Tab<Name>[]; current: Name; onChange: (name: Name) => void; children: ReactNode; className?: string }) {
  return (
    <Base.Root value={current} onValueChange={(name) => onChange(name as Name)} className={cx("flex min-h-0 flex-1 flex-col", className)}>
      <Base.List className="flex shrink-0 gap-4 overflow-x-auto border-b border-line px-4">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.name}
            value={tab.name}
            className="-mb-px flex h-9 cursor-pointer items-center gap-1.5 border-b-2 border-transparent whitespace-nowrap text-fg-2 hover:text-fg data-active:border-accent data-active:text-fg"
          >
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && <span className="rounded-full bg-hover px-1.5 text-2xs">{tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      <Base.Panel value={current} className="min-h-0 flex-1 overflow-auto outline-none">
        {children}
      </Base.Panel>
    </Base.Root>
  );
}
