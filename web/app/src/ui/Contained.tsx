import { CatchBoundary } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Failure } from "./Empty";

/** A part of a page. What goes wrong in it is shown in its place, and the rest of the page stays; `of`: with another one it begins anew. */
export function Contained({ of, children }: { of: string; children: ReactNode }) {
  return (
    <CatchBoundary getResetKey={() => of} errorComponent={({ error, reset }) => <Failure error={error} onRetry={reset} />}>
      {children}
    </CatchBoundary>
  );
}
