import { CircleCheck, CirclePause, Gauge, Hourglass, Play, TriangleAlert } from "lucide-react";
import { cx } from "@/ui/class";
import { HUE_TEXT } from "@/ui/Status";
import type { Health } from "./health";

const ICONS = { Paused: CirclePause, "At limit": Gauge, Starved: TriangleAlert, "Slow start": Hourglass, Busy: Play, Idle: CircleCheck } as const;

/** How a queue is doing: shape, word and colour, with the reason on hover. */
export function HealthWord({ health, className }: { health: Health; className?: string }) {
  const Icon = ICONS[health.word];
  return (
    <span title={health.reason} className={cx("inline-flex items-center gap-1.5 align-middle font-medium whitespace-nowrap", HUE_TEXT[health.hue], className)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {health.word}
    </span>
  );
}
