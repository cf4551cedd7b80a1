import { Clock } from "lucide-react";
import { duration } from "@/format/duration";
import { moment, serverNow } from "@/format/time";
import { cx } from "@/ui/class";
import { useTick } from "@/ui/Time";

const SOON_MS = 3_600_000;

/** How long there is left to answer. */
export function Deadline({ at, className }: { at: string; className?: string }) {
  useTick();
  const left = Date.parse(at) - serverNow();
  return (
    <span title={moment(at)} className={cx("inline-flex items-center gap-1 whitespace-nowrap", left < SOON_MS ? "font-medium text-wait" : "text-fg-3", className)}>
      <Clock aria-hidden className="size-3.5" />
      {left > 0 ? `${duration(left)} left` : "ending now"}
    </span>
  );
}
