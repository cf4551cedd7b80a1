import type { ReactNode } from "react";

/** A small title within a tab. */
export function Heading({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <div className="flex min-h-6 items-center gap-2">
      <h2 className="text-2xs font-medium tracking-wide text-fg-3 uppercase">{children}</h2>
      {actions && <div className="ml-auto flex items-center gap-1">{actions}</div>}
    </div>
  );
}

/** Where there is nothing, and why. */
export function Nothing({ children }: { children: ReactNode }) {
  return <p className="py-6 text-center text-fg-3">{children}</p>;
}
