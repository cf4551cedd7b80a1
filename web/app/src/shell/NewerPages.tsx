import { useEffect, useRef } from "react";
import { parts, useIsOutdated } from "@/data/parts";
import { useConnection } from "@/live/state";
import { Button } from "@/ui/Button";

/** Says that the server was upgraded under these pages. They go on; the next page that is opened is a new one. */
export function NewerPages() {
  const isOutdated = useIsOutdated();
  const { state } = useConnection();
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === "live" && wasLost.current) void parts.check();
    wasLost.current = state === "waiting" || (state === "connecting" && wasLost.current);
  }, [state]);
  if (!isOutdated) return null;
  return (
    <div role="status" className="flex shrink-0 items-center gap-3 border-b border-line bg-raised px-4 py-1.5 text-fg-2">
      <span className="min-w-0 flex-1">The server has newer pages than these. The next one that you open is new.</span>
      <Button onClick={() => location.reload()}>Reload</Button>
    </div>
  );
}
