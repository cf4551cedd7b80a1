import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { CheckedLine } from "@/data/leads";
import { checkLines } from "@/data/leads";

const PAUSE_MS = 250;

/** What the server says of the pasted addresses, a moment after the last key. */
export function useChecked(text: string, clientId: string | undefined): { lines: readonly CheckedLine[]; isChecking: boolean } {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isFetching } = useQuery({
    queryKey: ["leads", "check", settled, clientId],
    queryFn: ({ signal }) => checkLines(settled, clientId, signal),
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  return { lines: settled.trim() === "" ? [] : (data?.lines ?? []), isChecking: isFetching || settled !== text };
}

/** The addresses that become leads: each person once. */
export function accepted(lines: readonly CheckedLine[]): string[] {
  return [...new Set(lines.flatMap((line) => (line.ok ? [line.url] : [])))];
}
