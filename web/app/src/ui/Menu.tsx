import type { MouseEvent, ReactElement, ReactNode } from "react";
import { cloneElement, lazy, Suspense, useState } from "react";
import { loadPart } from "@/data/parts";

export interface MenuItem {
  label: ReactNode;
  /** One line that says what it does. */
  hint?: ReactNode;
  icon?: ReactNode;
  shortcut?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
  onSelect: () => void;
}

export interface MenuProps {
  trigger: ReactElement<{ onClick?: (event: MouseEvent) => void; onPointerEnter?: () => void; "aria-haspopup"?: "menu"; "aria-expanded"?: boolean }>;
  items: readonly (MenuItem | null | false)[];
  align?: "start" | "end";
}

const load = () => loadPart(() => import("./OpenMenu"));
const OpenMenu = lazy(load);

/** A button that opens a list of things to do. `null` draws a line. What draws the list is loaded when it is wanted. */
export function Menu(props: MenuProps) {
  const [isWanted, setWanted] = useState(false);
  const button = cloneElement(props.trigger, {
    onClick: () => setWanted(true),
    onPointerEnter: () => void load(),
    "aria-haspopup": "menu",
    "aria-expanded": false,
  });
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <OpenMenu {...props} />
    </Suspense>
  );
}
