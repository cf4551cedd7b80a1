import type { ReactNode } from "react";
import { useEffect } from "react";
import { cx } from "./class";
import { ConnectionPill } from "./ConnectionPill";

/** A page: its header stays, its content scrolls. `title` is what the tab says, too. */
export function Page({ title, header, children, className }: { title?: string; header?: ReactNode; children: ReactNode; className?: string }) {
  useTitle(title);
  return (
    <div className="flex h-full min-w-0 flex-col">
      {header}
      <div className={cx("relative min-h-0 flex-1 overflow-auto", className)}>{children}</div>
    </div>
  );
}

/** Undefined leaves it to what is around. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = title ? `${title} · Runcast` : "Runcast";
  }, [title]);
}

/** 48 px on top of a page, or of a part of one: where one is, and what can be done. */
export function Header({ title, children, actions, isPart }: { title: ReactNode; children?: ReactNode; actions?: ReactNode; isPart?: boolean }) {
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-panel px-4 py-1.5">
      <h1 className="flex min-w-0 items-center gap-2 text-base font-semibold">{title}</h1>
      {children}
      <div className="ml-auto flex flex-wrap items-center gap-2">
        {!isPart && (
          <span className="mr-1 max-sm:hidden">
            <ConnectionPill />
          </span>
        )}
        {actions}
      </div>
    </header>
  );
}

/** A panel with a title. */
export function Section({ title, actions, children, className }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={cx("rounded-card border border-line bg-panel", className)}>
      {(title !== undefined || actions) && (
        <div className="flex min-h-10 items-center gap-2 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

type Fact = readonly [string, ReactNode] | false | null | undefined;

/** A label may be there twice. */
function keyOf(facts: readonly Fact[], index: number): string {
  const label = (fact: Fact) => (fact ? fact[0] : "");
  return `${label(facts[index])} ${facts.slice(0, index).filter((one) => label(one) === label(facts[index])).length}`;
}

/** Label and value pairs. */
export function Facts({ facts, className }: { facts: readonly Fact[]; className?: string }) {
  return (
    <dl className={cx("grid grid-cols-[minmax(88px,auto)_1fr] gap-x-4 gap-y-1.5", className)}>
      {facts.map(
        (fact, index) =>
          fact && (
            <div key={keyOf(facts, index)} className="contents">
              <dt className="text-fg-3">{fact[0]}</dt>
              <dd className="min-w-0 break-words">{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
