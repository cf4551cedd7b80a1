import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import { useLayoutEffect, useRef } from "react";
import { cx } from "./class";

export interface Tab<Name extends string> {
  name: Name;
  label: ReactNode;
  /** Shown behind the label. */
  count?: number | undefined;
}

const EDGE_PX = 24;

/** Tabs whose choice the page keeps, in its URL. */
export function Tabs<Name extends string>({ tabs, current, onChange, children, className }: { tabs: readonly Tab<Name>[]; current: Name; onChange: (name: Name) => void; children: ReactNode; className?: string }) {
  const list = useRef<HTMLDivElement>(null);
  const count = tabs.length;
  // More tabs than there is room for are scrolled; the chosen one is seen.
  useLayoutEffect(() => {
    const bar = list.current;
    const tab = bar?.querySelector<HTMLElement>("[data-active]");
    if (!bar || !tab) return;
    const left = tab.offsetLeft - bar.offsetLeft;
    if (left - EDGE_PX < bar.scrollLeft || left + tab.offsetWidth + EDGE_PX > bar.scrollLeft + bar.clientWidth) bar.scrollLeft = left - EDGE_PX;
  }, [current, count]);
  return (
    <Base.Root value={current} onValueChange={(name) => onChange(name as Name)} className={cx("flex min-h-0 flex-1 flex-col", className)}>
      <div className="shrink-0 border-b border-line">
      <Base.List ref={list} className="scrollbar-none -mb-px flex gap-4 overflow-x-auto px-4 [mask-image:linear-gradient(90deg,transparent,black_12px,black_calc(100%-24px),transparent)]">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.name}
            value={tab.name}
            className="flex h-9 cursor-pointer items-center gap-1.5 border-b-2 border-transparent whitespace-nowrap text-fg-2 hover:text-fg data-active:border-accent data-active:text-fg"
          >
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && <span className="rounded-full bg-hover px-1.5 text-2xs">{tab.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      </div>
      <Base.Panel value={current} className="relative min-h-0 flex-1 overflow-auto outline-offset-[-2px]">
        {children}
      </Base.Panel>
    </Base.Root>
  );
}
