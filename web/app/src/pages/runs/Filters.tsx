import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ListFilter, Search, X } from "lucide-react";
import { memo, useRef, useState } from "react";
import type { RunStatus } from "@runcast/client";
import { tasksQuery } from "@/data/tasks";
import { moment } from "@/format/time";
import { Button } from "@/ui/Button";
import { FIELD } from "@/ui/Field";
import { Kbd } from "@/ui/Kbd";
import { Menu } from "@/ui/Menu";
import { Status, STATUS_WORDS } from "@/ui/Status";
import { useShortcuts } from "@/ui/shortcuts";
import { Choices } from "./Choices";
import type { FilterKey, RunsSearch } from "./search";
import { isFiltered, readTyped, withFilter } from "./search";

const PERIODS: Record<string, string> = { "15m": "15 min", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days" };
const TEXTS: Partial<Record<FilterKey, string>> = { tag: "Tag", queue: "Queue", batch: "Batch", schedule: "Schedule", bulk: "Bulk action", parent: "Children of", root: "Tree of", machine: "Machine", region: "Region" };
const STATUSES = Object.keys(STATUS_WORDS).filter((status) => status !== "DEQUEUED") as RunStatus[];

interface FiltersProps {
  search: RunsSearch;
  onSearch: (search: RunsSearch) => void;
  children?: React.ReactNode;
}

/** What narrows the list. All of it is in the address. */
export const Filters = memo(function Filters({ search, onSearch, children }: FiltersProps) {
  const [adding, setAdding] = useState<FilterKey>();
  const change = (next: { [Key in FilterKey]?: RunsSearch[Key] | undefined }) => onSearch(withFilter(search, next));
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-panel px-4 py-2 max-sm:flex-nowrap max-sm:overflow-x-auto">
      <SearchBox search={search} onSearch={onSearch} />
      <StatusChoices search={search} change={change} />
      <TaskChoices search={search} change={change} />
      <TimeChoices search={search} change={change} />
      {(Object.keys(TEXTS) as FilterKey[]).map((key) => search[key] !== undefined && <Chip key={key} label={`${TEXTS[key]}: ${String(search[key])}`} onRemove={() => change({ [key]: undefined })} />)}
      {search.roots && <Chip label="Root runs only" onRemove={() => change({ roots: undefined })} />}
      {search.test !== undefined && <Chip label={search.test ? "Test runs" : "No test runs"} onRemove={() => change({ test: undefined })} />}
      {search.after && <Chip label="Older runs" onRemove={() => onSearch(withFilter(search, {}))} />}
      {adding && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const value = new FormData(event.currentTarget).get("value");
            if (typeof value === "string" && value.trim()) change({ [adding]: value.trim() });
            setAdding(undefined);
          }}
        >
          <input name="value" autoFocus aria-label={TEXTS[adding]} placeholder={`${TEXTS[adding]}…`} onBlur={() => setAdding(undefined)} onKeyDown={(event) => event.key === "Escape" && setAdding(undefined)} className={`${FIELD} w-40`} />
        </form>
      )}
      <Menu
        align="start"
        trigger={<Button tone="quiet" icon={<ListFilter />}>Filter</Button>}
        items={[
          ...(Object.keys(TEXTS) as FilterKey[]).map((key) => ({ label: TEXTS[key], onSelect: () => setTimeout(() => setAdding(key)) })),
          null,
          { label: "Root runs only", hint: "Leaves out runs that others triggered", onSelect: () => change({ roots: true }) },
          { label: "Test runs", onSelect: () => change({ test: true }) },
          { label: "No test runs", onSelect: () => change({ test: false }) },
        ]}
      />
      {isFiltered(search) && (
        <Button tone="quiet" onClick={() => onSearch({})}>
          Clear
        </Button>
      )}
      <span className="ml-auto flex items-center gap-2">{children}</span>
    </div>
  );
});

function SearchBox({ search, onSearch }: FiltersProps) {
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", label: "Search runs", group: "Lists", run: () => field.current?.focus() }]);
  return (
    <form
      role="search"
      className="relative flex min-w-44 items-center sm:w-64"
      onSubmit={(event) => {
        event.preventDefault();
        const text = field.current?.value.trim() ?? "";
        if (!text) return;
        const meant = readTyped(text);
        if (field.current) field.current.value = "";
        field.current?.blur();
        if ("open" in meant) void navigate({ to: "/runs/$runId", params: { runId: meant.open } });
        else onSearch(withFilter(search, meant.filter));
      }}
    >
      <Search aria-hidden className="pointer-events-none absolute left-2 size-3.5 text-fg-3" />
      <input
        ref={field}
        aria-label="Search runs by id or tag"
        title="A run's id opens it; anything else is a tag, or a filter such as queue:mail"
        placeholder="Run id, tag, queue:name…"
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        className={`${FIELD} w-full pr-7 pl-7`}
      />
      <Kbd keys="/" className="absolute right-2" />
    </form>
  );
}

type Change = (next: { [Key in FilterKey]?: RunsSearch[Key] | undefined }) => void;

function toggledWord(words: string | undefined, word: string): string | undefined {
  const all = words?.split(",") ?? [];
  return (all.includes(word) ? all.filter((one) => one !== word) : [...all, word]).join(",") || undefined;
}

function StatusChoices({ search, change }: { search: RunsSearch; change: Change }) {
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

function TaskChoices({ search, change }: { search: RunsSearch; change: Change }) {
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

function TimeChoices({ search, change }: { search: RunsSearch; change: Change }) {
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

function Chip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <span className="inline-flex h-7 max-w-72 shrink-0 items-center gap-1 rounded-control border border-accent bg-accent/10 pl-2.5 max-sm:h-9">
      <span className="truncate">{label}</span>
      <button type="button" aria-label={`Remove the filter ${label}`} onClick={onRemove} className="flex h-full items-center rounded-r-control px-1.5 text-fg-2 hover:text-fg">
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}
