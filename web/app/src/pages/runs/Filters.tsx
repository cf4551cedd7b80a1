import { ListFilter, X } from "lucide-react";
import { memo, useRef, useState } from "react";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { FIELD } from "@/ui/Field";
import { Kbd } from "@/ui/Kbd";
import { Menu } from "@/ui/Menu";
import { useShortcuts } from "@/ui/shortcuts";
import type { Change } from "./FilterChoices";
import { StatusChoices, TaskChoices, TimeChoices } from "./FilterChoices";
import { SearchBox } from "./SearchBox";
import type { FilterKey, RunsSearch } from "./search";
import { isDuration, isFiltered, withFilter } from "./search";

/** Filters whose value is typed, and what to type. */
const TEXTS: Partial<Record<FilterKey, readonly [label: string, example?: string]>> = {
  tag: ["Tag"],
  queue: ["Queue"],
  text: ["Id or task has", "part of it"],
  longer: ["Took longer than", "30s, 5m, 1h"],
  shorter: ["Took less than", "30s, 5m, 1h"],
  batch: ["Batch"],
  schedule: ["Schedule"],
  worker: ["Worker"],
  version: ["Version", "of the worker's code"],
  machine: ["Machine"],
  region: ["Region"],
  bulk: ["Bulk action"],
  parent: ["Children of"],
  root: ["Tree of"],
};
const TYPED = Object.keys(TEXTS) as FilterKey[];
const isOk = (key: FilterKey, value: string) => (key !== "longer" && key !== "shorter") || isDuration(value);

interface FiltersProps {
  search: RunsSearch;
  onSearch: (search: RunsSearch) => void;
  children?: React.ReactNode;
}

/** What narrows the list. All of it is in the address. */
export const Filters = memo(function Filters({ search, onSearch, children }: FiltersProps) {
  const [adding, setAdding] = useState<FilterKey>();
  const opener = useRef<HTMLButtonElement>(null);
  useShortcuts([{ keys: "f", label: "Add a filter", group: "Filters", run: () => opener.current?.click() }]);
  const change: Change = (next) => onSearch(withFilter(search, next));
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-panel px-4 py-2 max-sm:flex-nowrap max-sm:overflow-x-auto">
      <SearchBox search={search} onSearch={onSearch} />
      <StatusChoices search={search} change={change} />
      <TaskChoices search={search} change={change} />
      <TimeChoices search={search} change={change} />
      {TYPED.map((key) => search[key] !== undefined && <Chip key={key} label={`${TEXTS[key]?.[0]}: ${String(search[key])}`} onRemove={() => change({ [key]: undefined })} />)}
      {search.outcome !== undefined && <Chip label={search.outcome === "partial" ? "Partly failed" : `Items: ${search.outcome}`} onRemove={() => change({ outcome: undefined })} />}
      {search.error !== undefined && <Chip label={search.error ? "Failed" : "Not failed"} onRemove={() => change({ error: undefined })} />}
      {search.roots && <Chip label="Root runs only" onRemove={() => change({ roots: undefined })} />}
      {search.test !== undefined && <Chip label={search.test ? "Test runs" : "No test runs"} onRemove={() => change({ test: undefined })} />}
      {search.after && <Chip label="Older runs" onRemove={() => onSearch(withFilter(search, {}))} />}
      {adding && <Adding key={adding} field={adding} onDone={(value) => (value && change({ [adding]: value }), setAdding(undefined))} />}
      <Menu
        align="start"
        trigger={
          <Button ref={opener} tone="quiet" icon={<ListFilter />}>
            Filter <Kbd keys="F" />
          </Button>
        }
        items={[
          { label: "Root runs only", hint: "Leaves out runs that others triggered", onSelect: () => change({ roots: true }) },
          { label: "Failed", hint: "Failed, timed out or crashed", onSelect: () => change({ error: true }) },
          { label: "Partly failed", hint: "Done, but some of its items failed", onSelect: () => change({ outcome: "partial" }) },
          null,
          ...TYPED.map((key) => ({ label: `${TEXTS[key]?.[0]}…`, onSelect: () => setTimeout(() => setAdding(key)) })),
          null,
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

/** Where a filter's value is typed. What it cannot be is said, and not taken. */
function Adding({ field, onDone }: { field: FilterKey; onDone: (value?: string) => void }) {
  const [label, example] = TEXTS[field] ?? [field];
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const value = String(new FormData(event.currentTarget).get("value") ?? "").trim();
        if (value && !isOk(field, value)) setWrong(true);
        else onDone(value);
      }}
    >
      <input
        name="value"
        autoFocus
        autoComplete="off"
        aria-label={label}
        aria-invalid={isWrong}
        title={isWrong ? "A time such as 30s, 5m or 1h" : undefined}
        placeholder={example ? `${label}… ${example}` : `${label}…`}
        onChange={() => setWrong(false)}
        onBlur={() => onDone()}
        onKeyDown={(event) => event.key === "Escape" && onDone()}
        className={cx(FIELD, "w-56", isWrong && "!border-bad")}
      />
    </form>
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
