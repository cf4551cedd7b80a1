import { useFollow } from "@runcast/react-hooks";
import type { QueryKey } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

const PACE_MS = 700;

/** Reads anew what was read under a key whenever something happens in a topic: at once, and then once a moment at most. */
export function useFresh(topic: string, queryKey: QueryKey, pace = PACE_MS): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isAgain = useRef(false);
  const key = useRef(queryKey);
  key.current = queryKey;
  const refresh = () => {
    if (timer.current !== undefined) {
      isAgain.current = true;
      return;
    }
    void client.invalidateQueries({ queryKey: key.current });
    timer.current = setTimeout(() => {
      timer.current = undefined;
      if (!isAgain.current) return;
      isAgain.current = false;
      refresh();
    }, pace);
  };
  useFollow([topic], { onEvents: refresh, onReset: refresh });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
