import type { ReactNode } from "react";
import { lazy, Suspense } from "react";
import { loadPart } from "@/data/parts";

export interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  isWide?: boolean;
}

const OpenDialog = lazy(() => loadPart(() => import("./OpenDialog")));

/** A dialog in the middle of the page. What draws it is loaded when one opens. */
export function Dialog(props: DialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <OpenDialog {...props} />
    </Suspense>
  );
}
