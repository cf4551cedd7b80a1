import type { RefObject } from "react";
import { useEffect, useState } from "react";

const OVERSCAN = 8;

export interface Visible {
  first: number;
  /** How many rows there are elements for: constant, so that scrolling reuses them. */
  pool: number;
  width: number;
}

/** Which rows of a fixed height are in sight. */
export function useVirtual(frame: RefObject<HTMLElement | null>, rowPx: number): Visible {
  const [visible, setVisible] = useState<Visible>({ first: 0, pool: 40, width: 800 });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const look = () => {
      // In steps of a few rows: fewer are drawn anew.
      const first = Math.max(0, Math.floor(element.scrollTop / rowPx / 4) * 4 - OVERSCAN);
      const pool = Math.ceil(element.clientHeight / rowPx) + OVERSCAN * 2 + 4;
      const width = element.clientWidth;
      setVisible((before) => (before.first === first && before.pool === pool && before.width === width ? before : { first, pool, width }));
    };
    const resize = new ResizeObserver(look);
    resize.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      resize.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [frame, rowPx]);
  return visible;
}
