import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { CheckedLine } from "@/data/leads";
import { checkLines } from "@/data/leads";

const PAUSE_MS = 250;

/** What the server says of the pasted addresses, a moment after the last key; `problem`: of all of them together. */
export function useChecked(text: string, clientId: string | undefined): { lines: readonly CheckedLine[]; isChecking: boolean; problem: string | undefined } {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isFetching, error } = useQuery({
    queryKey: ["leads", "check", settled, clientId],
    queryFn: ({ signal }) => checkLines(settled, clientId, signal),
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  const isEmpty = settled.trim() === "";
  return { lines: isEmpty || error ? [] : (data?.lines ?? []), isChecking: isFetching || settled !== text, problem: isEmpty ? undefined : error?.message };
}

/** The addresses that become leads: each person once. */
export function accepted(lines: readonly CheckedLine[]): string[] {
  return [...new Set(lines.flatMap((line) => (line.ok ? [line.url] : [])))];
}
