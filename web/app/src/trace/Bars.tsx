import { duration } from "@/format/duration";
import { cx } from "@/ui/class";
import { segmentClass } from "./colors";
import type { Geometry } from "./geometry";
import { pixels } from "./geometry";
import type { Segment, Span } from "./span";

const WORDS: Record<Segment["kind"], string> = { queue: "queued", run: "ran", wait: "waited", backoff: "paused before the next try" };
const THIN_PX = 3;

/** The parts of one bar. What goes on ends where `--now` is. */
export function Bars({ span, geometry }: { span: Span; geometry: Geometry }) {
  const last = span.segments.length - 1;
  return (
    <>
      {span.segments.map((segment, at) => {
        const left = pixels(geometry, segment.from);
        const right = segment.to === undefined ? undefined : pixels(geometry, segment.to);
        if (left > geometry.width || (right !== undefined && right < 0)) return null;
        const width = right === undefined ? `max(${THIN_PX}px, calc(var(--now) - ${left}px))` : Math.max(THIN_PX, right - left);
        const isPast = segment.kind === "run" && span.segments.slice(at + 1).some((one) => one.kind === "backoff");
        return (
          <div
            key={`${segment.kind}${at}`}
            data-segment={segment.kind}
            title={segment.to === undefined ? undefined : `${WORDS[segment.kind]} ${duration(segment.to - segment.from)}`}
            className={cx("absolute top-2 h-3.5", at === 0 && "rounded-l-[3px]", at === last && "rounded-r-[3px]", segmentClass(span, segment, isPast))}
            style={{ left, width }}
          />
        );
      })}
    </>
  );
}

/** How many of a group went on at once, over its time. */
export function Density({ shares, left, right, hue }: { shares: readonly number[]; left: number; right: number; hue: string }) {
  const width = Math.max(4, right - left);
  const step = 100 / shares.length;
  const path = shares.map((share, at) => (share > 0 ? `M${at * step} 100V${100 - Math.max(12, share * 100)}H${(at + 1) * step}V100Z` : "")).join("");
  return (
    <svg aria-hidden className={cx("absolute top-1.5 h-[18px]", hue)} style={{ left, width }} viewBox="0 0 100 100" preserveAspectRatio="none">
      <path d={path} fill="currentColor" />
    </svg>
  );
}
