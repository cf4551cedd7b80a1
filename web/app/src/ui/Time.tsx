import { useEffect, useState } from "react";
import { duration } from "@/format/duration";
import { age, moment, serverNow } from "@/format/time";

const tickers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for the page: whatever shows a running time is drawn again together. */
export function useTick(isOn = true): void {
  const [, draw] = useState(0);
  useEffect(() => {
    if (!isOn) return;
    const tick = () => draw((n) => n + 1);
    tickers.add(tick);
    timer ??= setInterval(() => tickers.forEach((one) => one()), 1_000);
    return () => {
      tickers.delete(tick);
      if (tickers.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, [isOn]);
}

/** How long ago, with the moment itself on hover. */
export function Ago({ at, className }: { at: string | number; className?: string }) {
  useTick();
  const iso = typeof at === "string" ? at : new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${moment(at)} · ${iso}`} className={className}>
      {age(at)}
    </time>
  );
}

/** How long something took, or takes until now. */
export function Elapsed({ from, to, className }: { from: string | number; to?: string | number | undefined; className?: string }) {
  useTick(to === undefined);
  const start = typeof from === "string" ? Date.parse(from) : from;
  const end = to === undefined ? serverNow() : typeof to === "string" ? Date.parse(to) : to;
  return <span className={className}>{duration(end - start)}</span>;
}
