import { clock, serverNow } from "@/format/time";
import { useConnection } from "@/live/state";
import { cx } from "./class";
import { useTick } from "./Time";

/** Whether the page is current: never silently stale. */
export function ConnectionPill() {
  const { state, liveAt } = useConnection();
  useTick(state !== "live");
  const lost = liveAt === undefined ? 0 : Math.round((serverNow() - liveAt) / 1_000);
  const isLive = state === "live";
  const words = isLive
    ? "Live"
    : state === "closed"
      ? `Offline${liveAt === undefined ? "" : ` · as of ${clock(liveAt)}`}`
      : liveAt === undefined
        ? "Connecting…"
        : `Reconnecting${lost > 1 ? ` (${lost}s)` : "…"}`;
  return (
    <span role="status" className={cx("inline-flex items-center gap-1.5 text-xs whitespace-nowrap", isLive ? "text-run" : "text-wait")}>
      <span aria-hidden className={cx("size-1.5 rounded-full bg-current", !isLive && "caret")} />
      {words}
    </span>
  );
}
