import { RuncastError } from "@runcast/client";
import { CloudAlert, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import { Button } from "./Button";

/** What a page says where there is nothing yet: what belongs here, and how it comes. */
export function Empty({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-lg flex-col items-center gap-2 px-4 py-16 text-center">
      {icon && <div className="mb-1 text-fg-3 [&_svg]:size-7">{icon}</div>}
      <p className="text-base font-semibold">{title}</p>
      {children && <div className="w-full text-fg-2">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** What went wrong, in the server's own words, and the way on: what is not there is not asked for again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const words = error instanceof Error ? error.message : String(error);
  const isGone = error instanceof RuncastError && error.status === 404;
  return (
    <div role="alert" className="mx-auto flex max-w-lg flex-col items-center gap-2 px-4 py-16 text-center">
      <div aria-hidden className="mb-1 text-fg-3 [&_svg]:size-7">
        {isGone ? <SearchX /> : <CloudAlert />}
      </div>
      <p className="text-base font-semibold">{isGone ? words : "This could not be loaded"}</p>
      <p className="w-full break-words text-fg-2">{isGone ? "It may have been pruned, or belong to another environment." : words}</p>
      {onRetry && !isGone && (
        <Button className="mt-2" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

const DELAY_MS = 200;

/** Grey rows, but only when it takes longer than a moment. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" className="flex flex-col">
      {isShown &&
        Array.from({ length: rows }, (_, row) => (
          <div key={row} className="flex h-9 items-center gap-4 border-b border-line px-4">
            <div className="h-3 w-20 rounded bg-hover" />
            <div className="h-3 rounded bg-hover" style={{ width: `${30 + ((row * 37) % 40)}%` }} />
          </div>
        ))}
    </div>
  );
}
