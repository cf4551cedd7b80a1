import type { Params } from "@/data/api";
import type { ListedRun } from "@/data/runs";
import { fetchRuns, PAGE_SIZE } from "@/data/runs";

export const EXPORTED_MAX = 10_000;
const COLUMNS: readonly [string, (run: ListedRun) => unknown][] = [
  ["id", (run) => run.id],
  ["task", (run) => run.taskIdentifier],
  ["status", (run) => run.status],
  ["createdAt", (run) => run.createdAt],
  ["startedAt", (run) => run.startedAt],
  ["finishedAt", (run) => run.finishedAt],
  ["durationMs", (run) => run.durationMs],
  ["costInCents", (run) => run.costInCents],
  ["attempts", (run) => run.attemptCount],
  ["queue", (run) => run.queue],
  ["tags", (run) => run.tags.join(" ")],
  ["error", (run) => (run.error ? `${run.error.name ?? "Error"}: ${run.error.message}` : undefined)],
];

/** As spreadsheets read it. What they would take for a formula is made text. */
export function toCsv(runs: readonly ListedRun[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...runs.map((run) => COLUMNS.map(([, read]) => cell(read(run))))];
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** All runs of a filter, page by page, up to a bound. */
export async function allRuns(params: Params, onRead: (count: number) => void): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  let after: string | undefined;
  do {
    const page = await fetchRuns(params, { size: PAGE_SIZE, ...(after ? { after } : {}) });
    runs.push(...page.data);
    after = page.pagination?.next;
    onRead(runs.length);
  } while (after && runs.length < EXPORTED_MAX);
  return runs;
}

export function download(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
