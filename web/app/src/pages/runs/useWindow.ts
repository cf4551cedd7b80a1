import type { RefObject } from "react";
import { useEffect, useState } from "react";

const AHEAD = 12;

/** Which of many rows of one height are in sight, with some on either side. */
export function windowOf(top: number, height: number, rowHeight: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(top / rowHeight) - AHEAD);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + AHEAD);
  return [Math.min(first, Math.max(0, count - 1)), last];
}

export function useWindow(scroller: RefObject<HTMLElement | null>, rowHeight: number, count: number): [number, number] {
  const [place, setPlace] = useState({ top: 0, height: 900 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // Only a move by several rows draws anew.
    const look = () => {
      const top = Math.floor(element.scrollTop / (rowHeight * 4)) * rowHeight * 4;
      setPlace((before) => (before.top === top && before.height === element.clientHeight ? before : { top, height: element.clientHeight }));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [scroller, rowHeight]);
  return windowOf(place.top, place.height + rowHeight * 4, rowHeight, count);
}
