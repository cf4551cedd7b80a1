import { useFollow } from "@runcast/react-hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** Which of a run's parts a kind of change makes old. */
const MADE_OLD: Record<string, readonly string[]> = {
  status: ["whole", "attempts", "why", "usage"],
  journal: ["why"],
  metadata: ["whole"],
  artifact: ["artifacts"],
  usage: ["usage", "whole"],
  log: ["logs"],
};
const GATHER_MS = 300;

/** Keeps what is shown of a run current: what changed is read anew, a few times a second at most. */
export function useFreshParts(id: string): void {
  const client = useQueryClient();
  const old = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = (parts: readonly string[]) => {
    for (const name of parts) old.current.add(name);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      for (const name of old.current) void client.invalidateQueries({ queryKey: ["run", id, name] });
      old.current.clear();
    }, GATHER_MS);
  };
  useFollow([`run:${id}`], {
    onEvents: (events) => refresh(events.flatMap((event) => ("kinds" in event ? event.kinds.flatMap((kind) => MADE_OLD[kind] ?? []) : []))),
    onReset: () => refresh(Object.values(MADE_OLD).flat()),
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
