import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { lazy, Suspense, useState } from "react";
import { loadPart } from "@/data/parts";
import { cx } from "@/ui/class";

export interface Choice {
  value: string;
  label: ReactNode;
  isOn: boolean;
}

export interface ChoicesProps {
  label: ReactNode;
  choices: readonly Choice[];
  onChoose: (value: string) => void;
  /** It stays open. */
  isMany?: boolean;
  isSet?: boolean;
  footer?: ReactNode;
}

const load = () => loadPart(() => import("./OpenChoices"));
const OpenChoices = lazy(load);

/** A button that says what is chosen, and opens what can be. What draws the list is loaded when it is wanted. */
export function Choices({ label, isSet, ...rest }: ChoicesProps) {
  const [isWanted, setWanted] = useState(false);
  const look = cx(
    "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-control border px-2.5 whitespace-nowrap max-sm:h-9",
    isSet ? "border-accent bg-accent/10 text-fg" : "border-line-strong bg-panel text-fg-2 hover:bg-hover hover:text-fg",
  );
  const inside = (
    <>
      {label}
      <ChevronDown aria-hidden className="size-3.5 text-fg-3" />
    </>
  );
  const closed = (
    <button type="button" aria-haspopup="menu" aria-expanded={false} className={look} onPointerEnter={() => void load()} onClick={() => setWanted(true)}>
      {inside}
    </button>
  );
  if (!isWanted) return closed;
  const trigger = (
    <button type="button" className={look}>
      {inside}
    </button>
  );
  return (
    <Suspense fallback={closed}>
      <OpenChoices {...rest} trigger={trigger} />
    </Suspense>
  );
}
