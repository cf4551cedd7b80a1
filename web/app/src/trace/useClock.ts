import type { RefObject } from "react";
import { useEffect, useRef } from "react";
import { duration } from "@/format/duration";
import { serverNow } from "@/format/time";
import type { Geometry } from "./geometry";
import { pixels } from "./geometry";

const WORDS_MS = 100;

/** Moves what goes on with the time, without drawing any row anew: bars by `--now`, durations by their text. */
export function useClock(frame: RefObject<HTMLElement | null>, geometry: Geometry, isOn: boolean): void {
  const newest = useRef(geometry);
  newest.current = geometry;
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let shown = Number.NaN;
    let said = 0;
    let asked = 0;
    const move = () => {
      const now = serverNow();
      const px = pixels(newest.current, now);
      if (Math.abs(px - shown) >= 0.5 || Number.isNaN(shown)) {
        shown = px;
        element.style.setProperty("--now", `${px}px`);
      }
      if (now - said >= WORDS_MS) {
        said = now;
        for (const word of element.querySelectorAll<HTMLElement>("[data-since]")) word.textContent = duration(now - Number(word.dataset["since"]));
      }
      if (isOn) asked = requestAnimationFrame(move);
    };
    move();
    return () => cancelAnimationFrame(asked);
  }, [frame, isOn, geometry]);
}
