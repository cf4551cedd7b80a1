import { useQuery } from "@tanstack/react-query";
import type { RunStatus } from "@runcast/client";
import { tasksQuery } from "@/data/tasks";
import { moment } from "@/format/time";
import { Status, STATUS_WORDS } from "@/ui/Status";
import { Choices } from "./Choices";
import type { FilterKey, RunsSearch } from "./search";

const PERIODS: Record<string, string> = { "15m": "15 min", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days" };
const STATUSES = Object.keys(STATUS_WORDS).filter((status) => status !== "DEQUEUED") as RunStatus[];

export type Change = (next: { [Key in FilterKey]?: RunsSearch[Key] | undefined }) => void;

function toggledWord(words: string | undefined, word: string): string | undefined {
  const all = words?.split(",") ?? [];
  return (all.includes(word) ? all.filter((one) => one !== word) : [...all, word]).join(",") || undefined;
}

export function StatusChoices({ search, change }: { search: RunsSearch; change: Change }) {
  const chosen = search.status?.split(",") ?? [];
  const words = [...new Set(chosen.filter((one) => one !== "DEQUEUED" || !chosen.includes("EXECUTING")))].map((one) => STATUS_WORDS[one as RunStatus]);
  return (
    <Choices
      label={words.length === 0 ? "Status" : words.length > 2 ? `Status: ${words[0]} +${words.length - 1}` : `Status: ${words.join(", ")}`}
      isSet={words.length > 0}
      isMany
      choices={STATUSES.map((status) => ({ value: status, isOn: chosen.includes(status), label: <Status status={status} /> }))}
      onChoose={(status) => change({ status: toggledWord(search.status, status) })}
    />
  );
}

export function TaskChoices({ search, change }: { search: RunsSearch; change: Change }) {
  const { data } = useQuery(tasksQuery);
  const chosen = search.task?.split(",") ?? [];
  const names = [...new Set([...chosen, ...(data?.data.map((task) => task.name) ?? [])])];
  return (
    <Choices
      label={chosen.length === 0 ? "Task" : `Task: ${chosen[0]}${chosen.length > 1 ? ` +${chosen.length - 1}` : ""}`}
      isSet={chosen.length > 0}
      isMany
      choices={names.map((name) => ({ value: name, isOn: chosen.includes(name), label: name }))}
      onChoose={(name) => change({ task: toggledWord(search.task, name) })}
    />
  );
}

export function TimeChoices({ search, change }: { search: RunsSearch; change: Change }) {
  const isRange = search.from !== undefined || search.to !== undefined;
  const said = isRange ? `${search.from ? moment(search.from) : "…"} – ${search.to ? moment(search.to) : "now"}` : search.period ? `Last ${PERIODS[search.period] ?? search.period}` : "All time";
  return (
    <Choices
      label={said}
      isSet={isRange || search.period !== undefined}
      choices={[{ value: "", label: "All time", isOn: !isRange && !search.period }, ...Object.entries(PERIODS).map(([value, label]) => ({ value, label: `Last ${label}`, isOn: search.period === value }))]}
      onChoose={(period) => change({ period: period || undefined, from: undefined, to: undefined })}
    />
  );
}
